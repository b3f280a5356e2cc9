// What the GPU's losses are told, and where the CPU's code finds them. A build without them links none.
#pragma once

#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

/// A part of a loss over a batch in the GPU's memory.
struct DeviceLossCall {
  Tensor logits;     // (views·N,K)
  Tensor labels;     // int32 (N); undefined: 0 for every sample
  Tensor constants;  // f32: what the part reads beside them, see its on_device()
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  const StepScalars* scalars = nullptr;  // as in Loss::Step
  float factor = 1;
  Tensor values_before, gradients_before;  // to which it is added; undefined: nothing
  Tensor values, gradients;                // (N) and like the logits; no gradients where they are undefined

  std::int64_t samples() const { return values.numel(); }
};

/// In a part's maths, for a table of constants that travels as DeviceLossCall::constants.
struct DeviceTable {};

/// Where the kernel of a part's maths is found; null until the GPU's losses are there (set_cuda_losses()).
template <class Rule>
struct DeviceLoss {
  static inline void (*run)(const Rule& rule, const DeviceLossCall& call) = nullptr;
};

/// Throws Error: there is no kernel.
[[noreturn]] void lacks_device_loss();

template <class Rule>
void run_on_device(const Rule& rule, const DeviceLossCall& call) {
  if (!DeviceLoss<Rule>::run) lacks_device_loss();
  DeviceLoss<Rule>::run(rule, call);
}

}  // namespace noisegate
