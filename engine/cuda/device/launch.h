// The only way to launch kernels, on the GPU and under emulation.
//
// A kernel is a struct: its members are the arguments, `threads` is the size of a block (whole warps), and a
// struct Shared, if any, is the block's shared memory:
//
//   struct Scale {
//     static constexpr int threads = 256;
//     Span<float> x;
//     float factor;
//     NOISEGATE_DEVICE void operator()(const Thread& thread) const;  // with Shared: (thread, Shared& shared)
//   };
//   launch(stream, blocks, Scale{x, 2});
#pragma once

#include "engine/cuda/device/execution.h"
#include "engine/cuda/device/span.h"
#include "engine/cuda/types/grid.h"

#include <concepts>
#include <cstdint>

namespace noisegate::cuda {

template <class T>
concept Kernel = T::threads % 32 == 0 && (std::invocable<const T&, const Thread&> ||
                                          std::invocable<const T&, const Thread&, typename T::Shared&>);

/// Launches `kernel` with this many blocks, none if there is no work. On the GPU it returns at once, and the
/// stream's launches run one after the other. Throws Error if a launch fails; under emulation also for
/// everything that the kernel does wrong.
template <Kernel K>
void launch(Stream stream, std::int64_t blocks, const K& kernel) {
  require_grid(blocks);
  if (blocks > 0) run_grid(stream, static_cast<int>(blocks), kernel);
}

}  // namespace noisegate::cuda
