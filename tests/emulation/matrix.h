// mma.sync by its definition: a lane's share of A·B from what all lanes hold.
#pragma once

#include "engine/cuda/fragments.h"
#include "tests/emulation/block.h"

namespace noisegate::emulation {

struct Fragments {
  cuda::FragmentA a;
  cuda::FragmentB b;
};

/// A 32-bit register's elements as numbers.
struct Tf32 {
  static constexpr int elements = 1;
  static float number(std::uint32_t bits, int element);
};
struct Bfloat16Pair {
  static constexpr int elements = 2;
  static float number(std::uint32_t bits, int element);
};

/// To the nearest that TF32 holds, ties away from zero.
std::uint32_t round_to_tf32(float value);
float number_of_tf32(std::uint32_t bits);

/// What `lane` must add to its values of C.
template <class Format>
cuda::FragmentC multiply(const LaneValues<Fragments>& lanes, int lane);

extern template cuda::FragmentC multiply<Tf32>(const LaneValues<Fragments>&, int);
extern template cuda::FragmentC multiply<Bfloat16Pair>(const LaneValues<Fragments>&, int);

}  // namespace noisegate::emulation
