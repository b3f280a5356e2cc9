// Mean absolute error and reverse cross entropy, which is a multiple of it.
#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

namespace noisegate {

/// Mean absolute error, 1 − p, times `scale`: 2 where it is summed over all classes (Ghosh et al. 2017), −log
/// 1e-4 for reverse cross entropy (Wang et al. 2019).
struct MeanAbsoluteError {
  double scale;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::constant<T>(scale) * y.complement;
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::constant<T>(-scale) * y.p;
  }

  static LossEntry<MeanAbsoluteError> entry() {
    return {{"mae",
             "scale (1-p)",
             "Ghosh et al., Robust Loss Functions under Label Noise, AAAI 2017",
             {parameter::number("scale", 1, above(0, 1e6))}},
            [](const LossValues& v) { return MeanAbsoluteError{v["scale"]}; }};
  }
};

struct ReverseCrossEntropy : MeanAbsoluteError {
  static constexpr double minus_log_least = 9.210340371976182;  // −log 1e-4

  static LossEntry<ReverseCrossEntropy> entry() {
    return {{"rce", "-log(1e-4) (1-p)", "Wang et al., Symmetric Cross Entropy, ICCV 2019"},
            [](const LossValues&) { return ReverseCrossEntropy{{minus_log_least}}; }};
  }
};

}  // namespace noisegate
