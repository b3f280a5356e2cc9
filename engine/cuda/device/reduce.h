// Sums and maxima over the threads of a warp and a block, always in the same order: the same numbers give the
// same bits.
#pragma once

#include "engine/cuda/device/launch.h"
#include "engine/math.h"

namespace noisegate::cuda {

inline constexpr int warp_size = 32;

/// Returns Σ over the lanes of a warp, in every lane.
template <class T>
NOISEGATE_DEVICE T warp_sum(const Thread& thread, T value) {
  for (int mask = warp_size / 2; mask > 0; mask /= 2) value += thread.shuffle_xor(value, mask);
  return value;
}

/// Returns the largest over the lanes of a warp, in every lane.
template <class T>
NOISEGATE_DEVICE T warp_max(const Thread& thread, T value) {
  for (int mask = warp_size / 2; mask > 0; mask /= 2)
    value = math::max(value, thread.shuffle_xor(value, mask));
  return value;
}

/// Returns Σ over the threads of a block of this many warps, in every thread. A barrier must precede the next
/// use of `of_warps`.
template <class T, int warps>
NOISEGATE_DEVICE T block_sum(const Thread& thread, SharedArray<T, warps>& of_warps, T value) {
  value = warp_sum(thread, value);
  if (thread.lane() == 0) of_warps[thread.warp()] = value;
  thread.barrier();
  T total{};
  for (int warp = 0; warp < warps; ++warp) total += of_warps[warp];
  return total;
}

}  // namespace noisegate::cuda
