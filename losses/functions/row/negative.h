// Normalized negative losses.
#pragma once

#include "losses/functions/row/normalized.h"

#include <cmath>

namespace noisegate {

/// 1 − ℓ(p_y) / Σ_i ℓ(p_i): with a negative loss as ℓ the normalized negative losses (Ye et al. 2023).
template <class F>
struct NormalizedComplement {
  Normalized<F> normalized;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    return normalized.term(i);
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int classes) const {
    const Combined<T> c = normalized.combine(y, sum, classes);
    return {-c.value + 1.0f, -c.dlogp_label, -c.dsum};
  }
};

/// Negative cross entropy, A + log p with A = −log 1e-7, p at least 1e-7 (Ye et al. 2023).
struct NegativeCrossEntropy {
  static constexpr double least_p = 1e-7;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::max(y.log_p - math::constant<T>(std::log(least_p)), T{});
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::select(y.log_p > math::constant<T>(std::log(least_p)), math::constant<T>(1), T{});
  }
};

/// Negative focal loss, A − fl(p) with A = fl(1e-7), p at least 1e-7 (ibid.).
struct NegativeFocalLoss {
  FocalLoss focal;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::max(a<T>() - focal.value(y), T{});
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return NegativeCrossEntropy{}.dlogp(y) * -focal.dlogp(y);
  }
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& y) const {
    const Term<T> loss = focal.term(y);
    return {math::max(a<T>() - loss.value, T{}), NegativeCrossEntropy{}.dlogp(y) * -loss.dlogp};
  }

 private:
  template <class T>
  NOISEGATE_HD T a() const {
    const double p = NegativeCrossEntropy::least_p;
    return math::constant<T>(-std::pow(1 - p, focal.gamma) * std::log(p));
  }
};

inline constexpr const char* negative_paper = "Ye et al., Active Negative Loss Functions, NeurIPS 2023";

struct NormalizedNegativeCrossEntropy : NormalizedComplement<NegativeCrossEntropy> {
  static LossEntry<NormalizedNegativeCrossEntropy> entry() {
    return {{"nnce", "1 - (A + log p_y) / sum_i (A + log p_i), A = -log 1e-7", negative_paper},
            [](const LossValues&) { return NormalizedNegativeCrossEntropy{}; }};
  }
};

struct NormalizedNegativeFocalLoss : NormalizedComplement<NegativeFocalLoss> {
  static LossEntry<NormalizedNegativeFocalLoss> entry() {
    return {{"nnfl", "1 - (A - fl(y)) / (K A - sum_i fl(i)), A = fl(p=1e-7)", negative_paper,
             FocalLoss::parameters(true)},
            [](const LossValues& v) { return NormalizedNegativeFocalLoss{{{{FocalLoss::of(v)}}}}; }};
  }
};

}  // namespace noisegate
