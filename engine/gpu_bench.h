// What measurements need of the GPU beside its backend and its queue: its limits, the rungs of the ladder and
// the yardstick.
#pragma once

#include "engine/convolutions.h"
#include "engine/device.h"
#include "engine/tensor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace noisegate {

/// The most that the GPU can do, by its clocks, its bus and its kind.
struct GpuLimits {
  std::string name;  // "NVIDIA H200"
  double bytes_per_second = 0;
  double fp32_flops = 0, tf32_flops = 0, bf16_flops = 0;  // a second; a multiply-add is two
  int multiprocessors = 0;
};

/// A forward convolution of float32 tensors without bias (engine/cuda/conv2d/ladder/ladder.h).
struct LadderRung {
  std::string name, idea;
  bool rounds;  // its factors, to TF32
  std::function<void(const Tensor& x, const Tensor& weight, ConvolutionWindow window, Tensor& y)> forward;
};

struct GpuBench {
  std::function<GpuLimits()> limits;
  std::vector<LadderRung> ladder;  // the production kernel's rung is the backend's
  /// Convolutions by cuDNN, with TF32 or without; throws Error where it is not there.
  std::function<std::unique_ptr<cuda::Convolutions>(bool tf32)> cudnn;
};

/// That of Device::cuda. Throws Error where there is none.
const GpuBench& gpu_bench();

}  // namespace noisegate
