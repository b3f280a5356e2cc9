#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

namespace noisegate {

/// Asymmetric exponential loss, e^{−p/a} (Zhou et al. 2021).
struct AsymmetricExponentialLoss {
  double a;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::exp(math::constant<T>(-1 / a) * y.p);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::constant<T>(-1 / a) * y.p * value(y);
  }

  static LossEntry<AsymmetricExponentialLoss> entry() {
    return {{"ael",
             "exp(-p/a)",
             "Zhou et al., Asymmetric Loss Functions, ICML 2021",
             {parameter::number("a", 2.5, {1e-6, 1000})}},
            [](const LossValues& v) { return AsymmetricExponentialLoss{v["a"]}; }};
  }
};

}  // namespace noisegate
