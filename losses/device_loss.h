// What the GPU's losses are told, and where the CPU's code finds them. A build without them links none.
#pragma once

#include "engine/host_device.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

/// A training step, as losses and schemes see it.
struct LossStep {
  std::uint64_t seed = 0;
  /// In the memory of the logits' device; null outside of training, where random draws have the key 0.
  const StepScalars* scalars = nullptr;

  /// Key of the random draws: equal keys, equal draws. Only where the step runs.
  NOISEGATE_HD std::uint32_t draw() const { return scalars ? scalars->draw : 0; }
};

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
