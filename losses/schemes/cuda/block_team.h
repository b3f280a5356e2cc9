// A block of the GPU as a team of threads (losses/schemes/kernels/team.h).
#pragma once

#include "engine/cuda/device/reduce.h"

#include <cstdint>

namespace noisegate::cuda {

/// What the threads of a team share; `scratch_size` doubles are the algorithm's own.
template <int threads, int scratch_size = 1>
struct TeamMemory {
  SharedArray<double, threads / warp_size> of_warps;
  SharedArray<double, scratch_size> scratch;
};

template <int threads, int scratch_size = 1>
class BlockTeam {
 public:
  template <class T>
  using Array = Span<T>;
  using Memory = TeamMemory<threads, scratch_size>;

  NOISEGATE_DEVICE BlockTeam(const Thread& thread, Memory& memory) : thread_(thread), memory_(memory) {}

  NOISEGATE_DEVICE std::int64_t first() const { return thread_.index(); }
  NOISEGATE_DEVICE std::int64_t stride() const { return threads; }
  NOISEGATE_DEVICE bool is_leader() const { return thread_.index() == 0; }
  NOISEGATE_DEVICE void barrier() const { thread_.barrier(); }

  NOISEGATE_DEVICE double sum(double value) const {
    thread_.barrier();  // the sum before may still be read
    return block_sum(thread_, memory_.of_warps, value);
  }
  NOISEGATE_DEVICE double largest(double value) const {
    value = warp_max(thread_, value);
    thread_.barrier();
    if (thread_.lane() == 0) memory_.of_warps[thread_.warp()] = value;
    thread_.barrier();
    double all = memory_.of_warps[0];
    for (int warp = 1; warp < threads / warp_size; ++warp)
      all = math::max(all, static_cast<double>(memory_.of_warps[warp]));
    return all;
  }

  NOISEGATE_DEVICE decltype(auto) scratch(std::int64_t index) {
    return memory_.scratch[static_cast<int>(index)];
  }

 private:
  const Thread& thread_;
  Memory& memory_;
};

/// An algorithm of a team as the kernel of one block.
template <class Algorithm, int block_threads, int scratch_size = 1>
struct TeamKernel {
  static constexpr int threads = block_threads;
  using Team = BlockTeam<threads, scratch_size>;
  using Shared = typename Team::Memory;
  Algorithm algorithm;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    Team team(thread, shared);
    algorithm(team);
  }
};

}  // namespace noisegate::cuda
