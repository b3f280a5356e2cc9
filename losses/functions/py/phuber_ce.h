#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <cmath>

namespace noisegate {

/// Partially Huberised cross entropy: −log p, below p = 1/τ its tangent 1 + log τ − τ·p (Menon et al. 2020).
/// With τ = 1 the mean absolute error; OGC's clipped cross entropy at a fixed threshold.
struct PartiallyHuberisedCrossEntropy {
  double tau;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T scaled = y.p * math::constant<T>(tau);
    return math::select(scaled > math::constant<T>(1), -y.log_p,
                        math::constant<T>(1 + std::log(tau)) - scaled);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    const T scaled = y.p * math::constant<T>(tau);
    return math::select(scaled > math::constant<T>(1), math::constant<T>(-1), -scaled);
  }

  static LossEntry<PartiallyHuberisedCrossEntropy> entry() {
    return {{"phuber-ce",
             "-log p where p > 1/tau, else 1 + log tau - tau p",
             "Menon et al., Can Gradient Clipping Mitigate Label Noise?, ICLR 2020",
             {parameter::number("tau", 10, {1, 1e7})}},
            [](const LossValues& v) { return PartiallyHuberisedCrossEntropy{v["tau"]}; }};
  }
};

}  // namespace noisegate
