#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/row_rule.h"

#include <cmath>

namespace noisegate {

/// Label smoothing, KL(t ‖ p) with t = (1−α) e_y + α/K (Szegedy et al. 2016; negative α: Wei et al. 2021).
/// Its constant Σ t log t leaves out what is negative of t.
struct LabelSmoothing {
  double alpha;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.log_p, math::constant<T>(1)};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int classes) const {
    const double other = alpha / classes, label = 1 - alpha + other;
    const double constant = entropy_term(label) + (classes - 1) * entropy_term(other);
    return {math::constant<T>(constant) - math::constant<T>(label) * y.log_p - math::constant<T>(other) * sum,
            math::constant<T>(-label), math::constant<T>(-other)};
  }
  NOISEGATE_HD static double entropy_term(double t) { return t > 0 ? t * std::log(t) : 0; }

  static LossEntry<LabelSmoothing> entry() {
    return {{"ls",
             "KL(t|p), t = (1-alpha) e_y + alpha/K",
             "Szegedy et al., CVPR 2016; negative: Wei et al., To Smooth or Not?, ICML 2022",
             {parameter::number("alpha", 0.2, {-1e3, 1})}},
            [](const LossValues& v) { return LabelSmoothing{v["alpha"]}; }};
  }
};

}  // namespace noisegate
