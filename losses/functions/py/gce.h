// Generalized cross entropy, whole and truncated.
#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/py_rule.h"

#include <cmath>

namespace noisegate {

/// Generalized cross entropy, (1 − p^q)/q for q in (0, 1]: cross entropy as q falls to 0, the mean absolute
/// error at q = 1 (Zhang and Sabuncu 2018, Eq. 6).
struct GeneralizedCrossEntropy {
  double q;

  static constexpr const char* paper = "Zhang and Sabuncu, Generalized Cross Entropy, NeurIPS 2018";
  /// Nearer to 0 the loss is lost in float32: p^q is 1.
  static Parameter parameter_q() { return parameter::number("q", 0.7, {1e-9, 1}); }

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return -math::expm1(math::constant<T>(q) * y.log_p) * math::constant<T>(1 / q);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return -math::exp(math::constant<T>(q) * y.log_p);
  }
  /// With one power for both, −p^q = q·ℓ − 1, at the cost of the last digits of a small p's dlogp.
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& y) const {
    const T loss = value(y);
    return {loss, math::constant<T>(q) * loss - 1.0f};
  }

  static LossEntry<GeneralizedCrossEntropy> entry() {
    return {{"gce", "(1-p^q) / q", paper, {parameter_q()}},
            [](const LossValues& v) { return GeneralizedCrossEntropy{v["q"]}; }};
  }
};

/// Truncated GCE: constant where p ≤ k (Zhang and Sabuncu 2018, Eq. 9).
struct TruncatedGce {
  double q, k;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T floor = math::constant<T>((1 - std::pow(k, q)) / q);
    return math::select(y.p <= math::constant<T>(k), floor, GeneralizedCrossEntropy{q}.value(y));
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::select(y.p <= math::constant<T>(k), T{}, GeneralizedCrossEntropy{q}.dlogp(y));
  }

  static LossEntry<TruncatedGce> entry() {
    return {{"truncated-gce",
             "(1-k^q) / q where p <= k, else gce",
             GeneralizedCrossEntropy::paper,
             {GeneralizedCrossEntropy::parameter_q(), parameter::number("k", 0.5, above(0, 1))}},
            [](const LossValues& v) {
              return TruncatedGce{v["q"], v["k"]};
            }};
  }
};

}  // namespace noisegate
