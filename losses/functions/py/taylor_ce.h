#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

namespace noisegate {

/// Taylor cross entropy, Σ_{i=1…t} (1 − p)^i / i (Feng et al. 2020).
struct TaylorCrossEntropy {
  int terms;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    T sum{};
    for (int i = terms; i > 0; --i) sum = (sum + math::constant<T>(1.0 / i)) * y.complement;
    return sum;
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    T sum{};
    for (int i = 0; i < terms; ++i) sum = sum * y.complement + 1.0f;
    return -y.p * sum;
  }

  static LossEntry<TaylorCrossEntropy> entry() {
    return {{"taylor-ce",
             "sum over i=1..t of (1-p)^i / i",
             "Feng et al., Can Cross Entropy Loss Be Robust to Label Noise?, IJCAI 2020",
             {parameter::integer("t", 2, {1, 100})}},
            [](const LossValues& v) { return TaylorCrossEntropy{static_cast<int>(v["t"])}; }};
  }
};

}  // namespace noisegate
