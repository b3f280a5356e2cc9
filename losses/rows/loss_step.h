// What a loss knows of its step and its batch beside the logits.
#pragma once

#include "engine/host_device.h"
#include "engine/step_scalars.h"

#include <cstdint>
#include <span>

namespace noisegate {

/// A training step, as losses and schemes see it.
struct LossStep {
  std::uint64_t seed = 0;
  /// In the memory of the logits' device; null outside of training, where random draws have the key 0.
  const StepScalars* scalars = nullptr;

  /// Key of the random draws: equal keys, equal draws. Only where the step runs.
  NOISEGATE_HD std::uint32_t draw() const { return scalars ? scalars->draw : 0; }
};

/// A batch of labels on the CPU.
struct LossBatch {
  std::span<const std::int32_t> labels;  // (N), in [0, classes)
  int classes = 0;
  std::uint64_t seed = 0;  // with `step`: of the losses that draw random labels
  std::uint32_t step = 0;
};

}  // namespace noisegate
