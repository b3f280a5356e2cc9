// Sixteen floats as one vector, by the compilers' vector type: one register with AVX-512, two with AVX2.
#pragma once

#include <cstdint>
#include <cstring>

namespace noisegate {

constexpr int lane_count = 16;
using Lanes = float __attribute__((vector_size(sizeof(float) * lane_count)));
using LaneMask = std::int32_t __attribute__((vector_size(sizeof(float) * lane_count)));

inline Lanes broadcast(float value) {
  return Lanes{} + value;
}

/// Loads the first `count` of sixteen floats and sets the others to zero. `count` is a constant 16 on the
/// fast paths.
inline Lanes load(const float* from, int count) {
  Lanes lanes{};
  if (count == lane_count) {
    std::memcpy(&lanes, from, sizeof lanes);
  } else {
    for (int i = 0; i < count; ++i) lanes[i] = from[i];
  }
  return lanes;
}

inline void store(float* to, Lanes lanes, int count) {
  if (count == lane_count) {
    std::memcpy(to, &lanes, sizeof lanes);
  } else {
    for (int i = 0; i < count; ++i) to[i] = lanes[i];
  }
}

/// Loads the first `count` of sixteen bytes as integers and sets the others to zero.
inline LaneMask load_bytes(const std::uint8_t* from, int count) {
  LaneMask lanes{};
  for (int i = 0; i < count; ++i) lanes[i] = from[i];
  return lanes;
}

/// max(0, x); NaN stays NaN.
inline Lanes rectify(Lanes x) {
  return x < Lanes{} ? Lanes{} : x;
}

}  // namespace noisegate
