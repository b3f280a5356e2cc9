#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

namespace noisegate {

/// Cross entropy, −log p.
struct CrossEntropy {
  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return -y.log_p;
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>&) const {
    return math::constant<T>(-1);
  }

  static LossEntry<CrossEntropy> entry() {
    return {{"ce", "-log p", "cross entropy"}, [](const LossValues&) { return CrossEntropy{}; }};
  }
};

}  // namespace noisegate
