#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <cmath>

namespace noisegate {

/// Asymmetric unhinged loss, ((a − p)^q − (a − 1)^q)/q (Zhou et al. 2021).
struct AsymmetricUnhingedLoss {
  double a, q;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T growth = math::constant<T>(q) * math::log1p(y.complement * math::constant<T>(1 / (a - 1)));
    return math::constant<T>(std::pow(a - 1, q) / q) * math::expm1(growth);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return -y.p * math::exp(math::constant<T>(q - 1) * math::log(math::constant<T>(a - 1) + y.complement));
  }

  static LossEntry<AsymmetricUnhingedLoss> entry() {
    // Nearer to its limit a parameter is lost in float32: (a−1)^q is 0.
    return {{"aul",
             "((a-p)^q - (a-1)^q) / q",
             "Zhou et al., Asymmetric Loss Functions, ICML 2021",
             {parameter::number("a", 6.3, {1.001, 1000}), parameter::number("q", 1.5, {1e-9, 10})}},
            [](const LossValues& v) {
              return AsymmetricUnhingedLoss{v["a"], v["q"]};
            }};
  }
};

}  // namespace noisegate
