// mma.sync by its definition: computes each lane's share of A·B from the lanes' fragments of A and B.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/emulation/block.h"
#include "engine/cuda/types/fragments.h"
#include "engine/cuda/types/pack.h"

#include <array>
#include <cstdint>

namespace noisegate::emulation {

struct Fragments {
  cuda::FragmentA a;
  cuda::FragmentB b;
};

/// Returns a 32-bit register's elements as numbers.
struct Tf32 {
  static constexpr int elements = 1;
  static float number(std::uint32_t bits, int element);
};
struct Bfloat16Pair {
  static constexpr int elements = 2;
  static float number(std::uint32_t bits, int element);
};

/// Rounds to the nearest TF32 number, ties away from zero.
std::uint32_t round_to_tf32(float value);
float number_of_tf32(std::uint32_t bits);

/// Returns a lane's registers of four matrices 8×8 (ldmatrix), of which each lane brings one row.
cuda::Pack<std::uint32_t, 4> matrices_of_lane(const LaneValues<cuda::Pack<Bfloat16, 8>>& rows, int lane,
                                              bool transposed);

/// Returns the values that each lane must add to its values of C.
template <class Format>
std::array<cuda::FragmentC, warp_size> multiply(const LaneValues<Fragments>& lanes);

extern template std::array<cuda::FragmentC, warp_size> multiply<Tf32>(const LaneValues<Fragments>&);
extern template std::array<cuda::FragmentC, warp_size> multiply<Bfloat16Pair>(const LaneValues<Fragments>&);

}  // namespace noisegate::emulation
