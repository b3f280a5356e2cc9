#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/row_rule.h"

namespace noisegate {

/// Soft bootstrapping, −Σ t_i log p_i with t = β e_y + (1−β) p, of which p has its gradient too (Reed et al.
/// 2014).
struct SoftBootstrapping {
  double beta;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.p * i.log_p, i.p * (i.log_p + 1.0f)};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    const T label = math::constant<T>(beta), rest = math::constant<T>(1 - beta);
    const Term<T> own = term(y);
    return {-label * y.log_p - rest * (sum + own.value), -label - rest * own.dlogp, -rest};
  }

  static LossEntry<SoftBootstrapping> entry() {
    return {{"bs",
             "-sum_i t_i log p_i, t = beta e_y + (1-beta) p",
             "Reed et al., Training with Bootstrapping, ICLR workshop 2015",
             {parameter::number("beta", 0.8, {0, 1})}},
            [](const LossValues& v) { return SoftBootstrapping{v["beta"]}; }};
  }
};

}  // namespace noisegate
