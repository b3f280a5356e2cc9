// Element types of kernels. Kernels that take activations as float32 and as bfloat16 are templates over the
// element's type, T; they compute in float.
#pragma once

#include "engine/cuda/device/memory.h"
#include "engine/cuda/types/pack.h"

#include <type_traits>

namespace noisegate::cuda {

/// The number of elements that are moved at once.
template <class T>
inline constexpr int pack_size = 16 / static_cast<int>(sizeof(T));

/// Calls f with the type of the tensor's elements, as std::type_identity<float> or <Bfloat16>.
template <class F>
void with_type(const Tensor& x, const F& f) {
  if (x.dtype() == DType::bf16)
    f(std::type_identity<Bfloat16>());
  else
    f(std::type_identity<float>());
}

template <class T, int count>
NOISEGATE_HD Pack<T, count> to_pack(const float (&values)[count]) {
  Pack<T, count> pack;
  if constexpr (std::is_same_v<T, Bfloat16> && count % 2 == 0) {  // one instruction for two
    for (int i = 0; i < count; i += 2) {
      const std::uint32_t pair = bfloat16_pair(values[i], values[i + 1]);
      pack[i].bits = static_cast<std::uint16_t>(pair);
      pack[i + 1].bits = static_cast<std::uint16_t>(pair >> 16);
    }
  } else {
    for (int i = 0; i < count; ++i) pack[i] = static_cast<T>(values[i]);
  }
  return pack;
}

}  // namespace noisegate::cuda
