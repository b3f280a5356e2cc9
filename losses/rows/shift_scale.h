// What any loss of p_y can be given besides its own parameters: its margin is shifted or scaled before the
// loss sees it, and the loss divided by its largest weight (Ou et al., A Curriculum View of Robust Loss
// Functions, Sec. 5.1.1).
#pragma once

#include "engine/host_device.h"

#include <cmath>

namespace noisegate {

/// The loss sees sigmoid(scale·Δ + shift) and is multiplied by `factor`.
struct ShiftScale {
  double shift = 0, scale = 1, factor = 1;
  NOISEGATE_HD bool none() const { return shift == 0 && scale == 1; }
};

/// E Δ of a freshly initialised network whose logits are standard normal (ibid., Eq. 4).
inline double expected_initial_margin(int classes) {
  const double others = classes - 1;
  return -std::log(others) - 0.5 + (std::exp(1.0) - 1) / (2 * others);
}

struct ShiftScaleOptions {
  double shift = 0;  // β: the loss sees sigmoid(Δ + β)
  double scale = 1;  // α: the loss sees sigmoid(α·Δ)
  double tau = 0;    // where above 0: α = τ/|E Δ|, or with tau_shifts β = |E Δ| − τ
  bool tau_shifts = false;
  bool unit_weight = false;  // divides by the largest w there is

  ShiftScale for_classes(int classes, double largest_weight) const {
    ShiftScale result{shift, scale, 1};
    const double expected = std::abs(expected_initial_margin(classes));
    if (tau > 0 && tau_shifts) result.shift = expected - tau;
    if (tau > 0 && !tau_shifts) result.scale = tau / expected;
    if (unit_weight) result.factor = 1 / (result.scale * largest_weight);
    return result;
  }
};

}  // namespace noisegate
