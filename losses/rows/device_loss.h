// The arguments of the losses' kernels on the GPU, and where the CPU's code finds these: a build without CUDA
// links none.
#pragma once

#include "engine/tensor.h"
#include "losses/rows/loss_step.h"

#include <cstdint>

namespace noisegate {

/// A part of a loss over a batch in the GPU's memory.
struct DeviceLossCall {
  Tensor logits;     // (views·N,K)
  Tensor labels;     // int32 (N); undefined: 0 for every sample
  Tensor constants;  // f32: what the part reads beside them, see its on_device()
  LossStep step;
  float factor = 1;
  Tensor values_before, gradients_before;  // to which it is added; undefined: nothing
  Tensor values, gradients;                // (N) and like the logits; no gradients where they are undefined

  std::int64_t samples() const { return values.numel(); }
};

/// Stands in a rule for the table of constants that DeviceLossCall::constants brings.
struct DeviceTable {};

/// The kernel of a rule; null before set_cuda_losses() (losses/cuda/losses.h).
template <class Rule>
struct DeviceLoss {
  static inline void (*run)(const Rule& rule, const DeviceLossCall& call) = nullptr;
};

}  // namespace noisegate
