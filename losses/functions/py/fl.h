#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <limits>
#include <vector>

namespace noisegate {

/// Focal loss, −(1 − p)^γ log p (Lin et al. 2017). The published baselines hold (1 − p)^γ constant in
/// the gradient: `detach`.
struct FocalLoss {
  double gamma;
  bool detach;

  template <class T>
  NOISEGATE_HD T focus(const Probability<T>& y) const {
    return gamma == 0.5 ? math::sqrt(y.complement) : math::exp(y.log_complement * math::constant<T>(gamma));
  }
  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return -focus(y) * y.log_p;
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    if (detach) return -focus(y);
    return focus(y) * (focus_ratio(y) - 1.0f);
  }
  /// With one power for both; at the usual γ = 1/2 by the root's reciprocal, which needs no division.
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& y) const {
    if (gamma == 0.5) {
      const T reciprocal = math::rsqrt(math::max(y.complement, math::constant<T>(least)));
      const T power = y.complement * reciprocal, value = -power * y.log_p;
      if (detach) return {value, -power};
      return {value, y.p * y.log_p * reciprocal * 0.5f - power};
    }
    const T power = focus(y);
    return {-power * y.log_p, detach ? -power : power * (focus_ratio(y) - 1.0f)};
  }

  static std::vector<Parameter> parameters(bool detach_by_default = false) {
    return {parameter::number("gamma", 0.5, {0, 20}), parameter::flag("detach", detach_by_default)};
  }
  static FocalLoss of(const LossValues& v) { return {v["gamma"], v["detach"] != 0}; }
  static LossEntry<FocalLoss> entry() {
    return {{"fl", "-(1-p)^gamma log p; detach=1: (1-p)^gamma without gradient",
             "Lin et al., Focal Loss, ICCV 2017", parameters()},
            [](const LossValues& v) { return of(v); }};
  }

 private:
  /// γ·p·log p / (1 − p), which tends to −γ as p does to 1.
  template <class T>
  NOISEGATE_HD T focus_ratio(const Probability<T>& y) const {
    return math::constant<T>(gamma) * y.p * y.log_p / math::max(y.complement, math::constant<T>(least));
  }
  static constexpr double least = std::numeric_limits<float>::min();
};

}  // namespace noisegate
