#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <cmath>

namespace noisegate {

/// Asymmetric generalized cross entropy, ((a + 1)^q − (a + p)^q)/q (Zhou et al. 2021).
struct AsymmetricGce {
  double a, q;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T decay = math::constant<T>(q) * math::log1p(y.complement * math::constant<T>(-1 / (a + 1)));
    return math::constant<T>(-std::pow(a + 1, q) / q) * math::expm1(decay);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return -y.p * math::exp(math::constant<T>(q - 1) * math::log(math::constant<T>(a) + y.p));
  }

  static LossEntry<AsymmetricGce> entry() {
    // Nearer to its limit a parameter is lost in float32: 1/(a+1) is 1.
    return {{"agce",
             "((a+1)^q - (a+p)^q) / q",
             "Zhou et al., Asymmetric Loss Functions, ICML 2021",
             {parameter::number("a", 6, {1e-6, 1000}), parameter::number("q", 1.5, {1e-9, 10})}},
            [](const LossValues& v) {
              return AsymmetricGce{v["a"], v["q"]};
            }};
  }
};

}  // namespace noisegate
