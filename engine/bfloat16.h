// bfloat16: the first 16 bits of a float32, so float32's range with 8 bits of precision. The GPU stores
// activations in it; all arithmetic is in float.
#pragma once

#include "engine/host_device.h"

#include <bit>
#include <cstdint>

namespace noisegate {

struct Bfloat16 {
  std::uint16_t bits;

  Bfloat16() = default;
  /// Rounds to the nearest bfloat16, ties to even; NaN stays NaN.
  NOISEGATE_HD explicit Bfloat16(float value) : bits(rounded(value)) {}
  NOISEGATE_HD operator float() const {
    const std::uint32_t word = std::uint32_t{bits} << 16;
#ifdef __CUDA_ARCH__
    return __uint_as_float(word);
#else
    return std::bit_cast<float>(word);
#endif
  }

 private:
  NOISEGATE_HD static std::uint16_t rounded(float value) {
#ifdef __CUDA_ARCH__
    std::uint16_t result;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result) : "f"(value));
    return result;
#else
    const std::uint32_t word = std::bit_cast<std::uint32_t>(value);
    if (value != value) return static_cast<std::uint16_t>(word >> 16 | 0x40);
    return static_cast<std::uint16_t>((word + 0x7fff + (word >> 16 & 1)) >> 16);
#endif
  }
};

/// Two bfloat16 numbers in a word, the first in its lower half, as the tensor cores take them.
NOISEGATE_HD inline std::uint32_t bfloat16_pair(float first, float second) {
#ifdef __CUDA_ARCH__
  std::uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
#else
  return Bfloat16(first).bits | std::uint32_t{Bfloat16(second).bits} << 16;
#endif
}

}  // namespace noisegate
