// Normalized losses: a loss of p_y over the sum of what it is for every class.
#pragma once

#include "losses/functions/py/ce.h"
#include "losses/functions/py/fl.h"
#include "losses/functions/py/gce.h"
#include "losses/rows/loss_entry.h"
#include "losses/rows/row_rule.h"

namespace noisegate {

/// ℓ(p_y) / Σ_i ℓ(p_i) of a loss F of p_y (Ma et al. 2020): nce, nfl, ngce.
template <class F>
struct Normalized {
  F loss;

  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& i) const {
    if constexpr (requires { loss.term(i); }) {
      return loss.term(i);
    } else {
      return {loss.value(i), loss.dlogp(i)};
    }
  }
  template <class T>
  NOISEGATE_HD Combined<T> combine(const Probability<T>& y, T sum, int) const {
    const T own = loss.value(y), total = own + sum;
    return {own / total, loss.dlogp(y) * (sum / (total * total)), -own / (total * total)};
  }
};

inline constexpr const char* normalized_paper = "Ma et al., Normalized Loss Functions, ICML 2020";

struct NormalizedCrossEntropy : Normalized<CrossEntropy> {
  static LossEntry<NormalizedCrossEntropy> entry() {
    return {{"nce", "log p_y / sum_i log p_i", normalized_paper},
            [](const LossValues&) { return NormalizedCrossEntropy{}; }};
  }
};

struct NormalizedFocalLoss : Normalized<FocalLoss> {
  static LossEntry<NormalizedFocalLoss> entry() {
    return {{"nfl", "fl(y) / sum_i fl(i)", normalized_paper, FocalLoss::parameters()},
            [](const LossValues& v) { return NormalizedFocalLoss{{FocalLoss::of(v)}}; }};
  }
};

struct NormalizedGce : Normalized<GeneralizedCrossEntropy> {
  static LossEntry<NormalizedGce> entry() {
    return {
        {"ngce", "(1-p_y^q) / (K - sum_i p_i^q)", normalized_paper, {GeneralizedCrossEntropy::parameter_q()}},
        [](const LossValues& v) { return NormalizedGce{{{v["q"]}}}; }};
  }
};

}  // namespace noisegate
