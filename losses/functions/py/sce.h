#pragma once

#include "losses/functions/py/mae.h"
#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

namespace noisegate {

/// Symmetric cross entropy, α·ce + β·rce (Wang et al. 2019).
struct SymmetricCrossEntropy {
  double alpha, beta_rce;  // beta_rce = β·(−log 1e-4)

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::constant<T>(beta_rce) * y.complement - math::constant<T>(alpha) * y.log_p;
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::constant<T>(-beta_rce) * y.p - math::constant<T>(alpha);
  }

  static LossEntry<SymmetricCrossEntropy> entry() {
    return {{"sce",
             "alpha ce + beta rce",
             "Wang et al., Symmetric Cross Entropy, ICCV 2019",
             {parameter::number("alpha", 0.1, {0, 1e6}), parameter::number("beta", 1, {0, 1e6})}},
            [](const LossValues& v) {
              return SymmetricCrossEntropy{v["alpha"], v["beta"] * ReverseCrossEntropy::minus_log_least};
            }};
  }
};

}  // namespace noisegate
