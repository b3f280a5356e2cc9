// Peak rates of the current GPU, from its clocks, its bus and its compute capability.
#pragma once

#include "engine/gpu_bench.h"

namespace noisegate::cuda {

/// Throws Error if there is no GPU.
GpuLimits gpu_limits();

/// The multiply-adds that a multiprocessor of this compute capability starts per clock, from NVIDIA's tables.
struct MultiplyAdds {
  int fp32, tf32, bf16;  // on the CUDA cores, and on the tensor cores without sparsity
};
MultiplyAdds multiply_adds_a_clock(int major, int minor);

}  // namespace noisegate::cuda
