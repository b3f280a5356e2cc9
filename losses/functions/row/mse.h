#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/row_rule.h"

namespace noisegate {

/// Mean square error, Σ_i (1[i=y] − p_i)² = (1 − p_y)² + Σ_{i≠y} p_i² (Ghosh et al. 2017).
struct MeanSquareError {
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return {i.p * i.p, 2.0f * i.p * i.p};
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    return {y.complement * y.complement + sum, -2.0f * y.complement * y.p, math::constant<T>(1)};
  }

  static LossEntry<MeanSquareError> entry() {
    return {
        {"mse", "sum_i (1[i=y] - p_i)^2", "Ghosh et al., Robust Loss Functions under Label Noise, AAAI 2017"},
        [](const LossValues&) { return MeanSquareError{}; }};
  }
};

}  // namespace noisegate
