// What the GPU's losses are told, and where the CPU's code finds them. A build without them links none.
#pragma once

#include "engine/step_scalars.h"
#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

/// Where what is drawn at random stands: the same step draws the same.
struct LossStep {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  /// On the GPU: where `step` is to be read instead, as StepScalars::draw, in device memory; null: nowhere.
  const StepScalars* scalars = nullptr;
};

/// A part of a loss over a batch in the GPU's memory.
struct DeviceLossCall {
  Tensor logits;     // (views·N,K)
  Tensor labels;     // int32 (N); undefined: 0 for every sample
  Tensor constants;  // f32: what the part reads beside them, see its on_device()
  LossStep draw;
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

/// A step of a course of τ, at which a loss of p_y is clipped (schemes/clipping.h), all of it in the GPU's
/// memory.
struct ClipCourse {
  enum class Kind : std::uint8_t { linear, ema } kind;
  double factor;                         // β or α
  double progress;                       // as in SchemeStep
  const StepScalars* scalars = nullptr;  // where progress is to be read instead, or null
  Tensor memory;                         // a ClipMemory, which the step moves on
  Tensor point;                          // f32 (3): a ClipPoint, which it sets
};
struct ClipMemory {
  double inverse_tau, tau, threshold;
};

/// The same for such a step, by the loss's functor.
template <class F>
struct DeviceClipCourse {
  static inline void (*run)(const F& loss, const ClipCourse& course) = nullptr;
};

/// Throws Error: there is no kernel.
[[noreturn]] void lacks_device_loss();

template <class Rule>
void run_on_device(const Rule& rule, const DeviceLossCall& call) {
  if (!DeviceLoss<Rule>::run) lacks_device_loss();
  DeviceLoss<Rule>::run(rule, call);
}
template <class F>
void run_course_on_device(const F& loss, const ClipCourse& course) {
  if (!DeviceClipCourse<F>::run) lacks_device_loss();
  DeviceClipCourse<F>::run(loss, course);
}

}  // namespace noisegate
