#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <cmath>

namespace noisegate {

/// Scaled Jensen-Shannon divergence of the label and p, Z·[π KL(e_y‖m) + (1−π) KL(p‖m)] with
/// m = π e_y + (1−π) p and Z = −1/((1−π) log(1−π)) (Englesson and Azizpour 2021). The classes other
/// than y enter only by their sum 1 − p: m is (1−π)·p there, and each adds p_i·log 1/(1−π).
struct JensenShannon {
  double pi;

  template <class T>
  NOISEGATE_HD T log_mixture(const Probability<T>& y) const {  // log m_y
    return math::log1p(y.complement * math::constant<T>(pi - 1));
  }
  /// log p/m = −log(1 + π(1−p)/p): the difference of the logarithms would lose what a small π leaves of it.
  template <class T>
  NOISEGATE_HD T log_ratio(const Probability<T>& y) const {
    const T odds = math::exp(y.log_complement - math::max(y.log_p, math::constant<T>(-20)));
    return math::select(y.log_p > math::constant<T>(-20), -math::log1p(odds * math::constant<T>(pi)),
                        y.log_p - log_mixture(y));
  }
  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const double rest = 1 - pi, log_rest = std::log1p(-pi), z = -1 / (rest * log_rest);
    return math::constant<T>(z * rest) * (y.p * log_ratio(y) - math::constant<T>(log_rest) * y.complement) -
           math::constant<T>(z * pi) * log_mixture(y);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    const double log_rest = std::log1p(-pi);
    return math::constant<T>(-1 / log_rest) * y.p * (log_ratio(y) + math::constant<T>(log_rest));
  }

  static LossEntry<JensenShannon> entry() {
    return {{"js",
             "Z [pi KL(e_y|m) + (1-pi) KL(p|m)], m = pi e_y + (1-pi) p, Z = -1/((1-pi) log(1-pi))",
             "Englesson and Azizpour, Generalized Jensen-Shannon Divergence Loss, NeurIPS 2021",
             {parameter::number("pi", 0.3, {1e-3, 0.999})}},
            [](const LossValues& v) { return JensenShannon{v["pi"]}; }};
  }
};

}  // namespace noisegate
