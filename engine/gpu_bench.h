// What benchmarks need of the GPU besides its backend and its stream: its limits, the rungs of the ladder,
// and cuDNN to compare with.
#pragma once

#include "engine/convolutions.h"
#include "engine/device.h"
#include "engine/tensor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace noisegate {

/// Peak rates of the GPU, from its clocks, its bus and its compute capability.
struct GpuLimits {
  std::string name;  // "NVIDIA H200"
  double bytes_per_second = 0;
  double fp32_flops = 0, tf32_flops = 0, bf16_flops = 0;  // operations per second; a multiply-add is two
  int multiprocessors = 0;
};

/// A forward convolution of float32 tensors without bias (engine/cuda/conv2d/ladder/ladder.h).
struct LadderRung {
  std::string name, idea;
  bool rounds;  // whether it rounds its factors to TF32
  std::function<void(const Tensor& x, const Tensor& weight, ConvolutionWindow window, Tensor& y)> forward;
};

struct GpuBench {
  std::function<GpuLimits()> limits;
  std::vector<LadderRung> ladder;  // the rungs below the production kernel, which is the backend's
  /// Makes convolutions by cuDNN, with TF32 or without; throws Error if cuDNN is missing.
  std::function<std::unique_ptr<cuda::Convolutions>(bool tf32)> cudnn;
};

/// Returns what Device::cuda registered. Throws Error if there is no GPU.
const GpuBench& gpu_bench();

}  // namespace noisegate
