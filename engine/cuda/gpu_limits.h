// What the current GPU can do at most, from its clocks, its bus and its kind.
#pragma once

#include "engine/gpu_bench.h"

namespace noisegate::cuda {

/// Throws Error where there is no GPU.
GpuLimits gpu_limits();

/// The multiply-adds that a multiprocessor of this compute capability starts in a clock, by NVIDIA's tables.
struct MultiplyAdds {
  int fp32, tf32, bf16;  // on the CUDA cores, and on the tensor cores without sparsity
};
MultiplyAdds multiply_adds_a_clock(int major, int minor);

}  // namespace noisegate::cuda
