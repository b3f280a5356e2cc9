// The SGD update of one element of a parameter, shared by the CPU's loop and the CUDA kernel.
#pragma once

#include "engine/host_device.h"

namespace noisegate {

/// g ← clip·grad + weight_decay·w + l1_decay·sign(w); v ← momentum·v + g; w ← w − rate·(nesterov ? g +
/// momentum·v : v).
struct SgdUpdate {
  float rate, momentum;
  bool nesterov;
  float clip, weight_decay, l1_decay;

  NOISEGATE_HD void operator()(float& value, float& velocity, float grad) const {
    const float look_ahead = nesterov ? momentum : 1, own = nesterov ? 1 : 0;
    const float sign = static_cast<float>(value > 0) - static_cast<float>(value < 0);
    const float gradient = clip * grad + weight_decay * value + l1_decay * sign;
    velocity = momentum * velocity + gradient;
    value -= rate * (own * gradient + look_ahead * velocity);
  }
};

}  // namespace noisegate
