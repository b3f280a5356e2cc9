// The losses of p_y alone share one home. With p = p_y the given label's probability and the margin
// Δ = s_y − log Σ_{i≠y} e^{s_i}, so that p = sigmoid(Δ), a loss ℓ(p) reaches the logits only through Δ:
//   ∂ℓ/∂s_y = −w,   ∂ℓ/∂s_i = w · e^{s_i} / Σ_{j≠y} e^{s_j},   w(Δ) = −ℓ'(p)·p·(1 − p)
// (Ou et al., A Curriculum View of Robust Loss Functions, Sec. 4). A loss is a functor of two functions: its
// value, and its slope over log p, ℓ'(p)·p, which stays finite where ℓ'(p) itself would not. Everything else
// follows from these, see slope() and weight().
//
// A new loss is one such functor here, its name in the list at the end, of which the GPU's kernels are made,
// and one entry in margin_losses.cpp.
#pragma once

#include "losses/probability.h"

#include <cmath>
#include <limits>

namespace noisegate {

/// A loss's value and its slope over log p, for where both are wanted of many classes.
template <class T>
struct Term {
  T value, slope;
};

/// ℓ'(p); infinite where it is.
template <class F, class T>
NOISEGATE_HD T slope(const F& loss, const Probability<T>& y) {
  return loss.log_slope(y) * math::exp(-y.log_p);
}

/// w(Δ) = −ℓ'(p)·p·(1 − p), half the L1 norm of the gradient to the logits.
template <class F, class T>
NOISEGATE_HD T weight(const F& loss, const Probability<T>& y) {
  return -loss.log_slope(y) * y.complement;
}

/// Cross entropy, −log p.
struct CrossEntropy {
  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return -y.log_p;
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>&) const {
    return math::constant<T>(-1);
  }
};

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
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    if (detach) return -focus(y);
    return focus(y) * (focus_slope(y) - 1.0f);
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
    return {-power * y.log_p, detach ? -power : power * (focus_slope(y) - 1.0f)};
  }

 private:
  /// γ·p·log p / (1 − p), which tends to −γ as p does to 1.
  template <class T>
  NOISEGATE_HD T focus_slope(const Probability<T>& y) const {
    return math::constant<T>(gamma) * y.p * y.log_p / math::max(y.complement, math::constant<T>(least));
  }
  static constexpr double least = std::numeric_limits<float>::min();
};

/// Mean absolute error, 1 − p, times `scale`: 2 where it is summed over all classes (Ghosh et al. 2017), −log
/// 1e-4 for reverse cross entropy (Wang et al. 2019).
struct MeanAbsoluteError {
  double scale;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::constant<T>(scale) * y.complement;
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::constant<T>(-scale) * y.p;
  }
};

/// Generalized cross entropy, (1 − p^q)/q for q in (0, 1]: cross entropy as q falls to 0, the mean absolute
/// error at q = 1 (Zhang and Sabuncu 2018, Eq. 6).
struct GeneralizedCrossEntropy {
  double q;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return -math::expm1(math::constant<T>(q) * y.log_p) * math::constant<T>(1 / q);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return -math::exp(math::constant<T>(q) * y.log_p);
  }
  /// With one power for both, −p^q = q·ℓ − 1, at the cost of the last digits of a small p's slope.
  template <class T>
  NOISEGATE_HD Term<T> term(const Probability<T>& y) const {
    const T loss = value(y);
    return {loss, math::constant<T>(q) * loss - 1.0f};
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
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::select(y.p <= math::constant<T>(k), T{}, GeneralizedCrossEntropy{q}.log_slope(y));
  }
};

/// Symmetric cross entropy, α·ce + β·rce (Wang et al. 2019).
struct SymmetricCrossEntropy {
  double alpha, beta_rce;  // beta_rce = β·(−log 1e-4)

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::constant<T>(beta_rce) * y.complement - math::constant<T>(alpha) * y.log_p;
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::constant<T>(-beta_rce) * y.p - math::constant<T>(alpha);
  }
};

/// Partially Huberised cross entropy: −log p, below p = 1/τ its tangent 1 + log τ − τ·p (Menon et al. 2020).
/// With τ = 1 the mean absolute error; OGC's clipped cross entropy at a fixed threshold.
struct PartiallyHuberisedCrossEntropy {
  double tau;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T scaled = y.p * math::constant<T>(tau);
    return math::select(scaled > math::constant<T>(1), -y.log_p,
                        math::constant<T>(1 + std::log(tau)) - scaled);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    const T scaled = y.p * math::constant<T>(tau);
    return math::select(scaled > math::constant<T>(1), math::constant<T>(-1), -scaled);
  }
};

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
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    T sum{};
    for (int i = 0; i < terms; ++i) sum = sum * y.complement + 1.0f;
    return -y.p * sum;
  }
};

/// Asymmetric unhinged loss, ((a − p)^q − (a − 1)^q)/q (Zhou et al. 2021).
struct AsymmetricUnhingedLoss {
  double a, q;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T growth = math::constant<T>(q) * math::log1p(y.complement * math::constant<T>(1 / (a - 1)));
    return math::constant<T>(std::pow(a - 1, q) / q) * math::expm1(growth);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return -y.p * math::exp(math::constant<T>(q - 1) * math::log(math::constant<T>(a - 1) + y.complement));
  }
};

/// Asymmetric generalized cross entropy, ((a + 1)^q − (a + p)^q)/q (Zhou et al. 2021).
struct AsymmetricGce {
  double a, q;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T decay = math::constant<T>(q) * math::log1p(y.complement * math::constant<T>(-1 / (a + 1)));
    return math::constant<T>(-std::pow(a + 1, q) / q) * math::expm1(decay);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return -y.p * math::exp(math::constant<T>(q - 1) * math::log(math::constant<T>(a) + y.p));
  }
};

/// Asymmetric exponential loss, e^{−p/a} (Zhou et al. 2021).
struct AsymmetricExponentialLoss {
  double a;

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    return math::exp(math::constant<T>(-1 / a) * y.p);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::constant<T>(-1 / a) * y.p * value(y);
  }
};

/// Scaled Jensen-Shannon divergence of the label and p, Z·[π KL(e_y‖m) + (1−π) KL(p‖m)] with
/// m = π e_y + (1−π) p and Z = −1/((1−π) log(1−π)) (Englesson and Azizpour 2021). The classes other
/// than y enter only by their sum 1 − p: m is (1−π)·p there, and each adds p_i·log 1/(1−π).
struct JensenShannon {
  double pi;

  template <class T>
  NOISEGATE_HD T log_mixture(const Probability<T>& y) const {  // log m_y
    return math::log1p(y.complement * math::constant<T>(pi - 1));
  }
  /// log p/m = −log(1 + π(1−p)/p): the difference of the logarithms would lose what a small π leaves of it.
  template <class T>
  NOISEGATE_HD T log_ratio(const Probability<T>& y) const {
    const T odds = math::exp(y.log_complement - math::max(y.log_p, math::constant<T>(-20)));
    return math::select(y.log_p > math::constant<T>(-20), -math::log1p(odds * math::constant<T>(pi)),
                        y.log_p - log_mixture(y));
  }
  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const double rest = 1 - pi, log_rest = std::log1p(-pi), z = -1 / (rest * log_rest);
    return math::constant<T>(z * rest) * (y.p * log_ratio(y) - math::constant<T>(log_rest) * y.complement) -
           math::constant<T>(z * pi) * log_mixture(y);
  }
  template <class T>
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    const double log_rest = std::log1p(-pi);
    return math::constant<T>(-1 / log_rest) * y.p * (log_ratio(y) + math::constant<T>(log_rest));
  }
};

template <class... Fs>
struct FunctorList {};

using MarginLosses =
    FunctorList<CrossEntropy, FocalLoss, MeanAbsoluteError, GeneralizedCrossEntropy, TruncatedGce,
                SymmetricCrossEntropy, PartiallyHuberisedCrossEntropy, TaylorCrossEntropy,
                AsymmetricUnhingedLoss, AsymmetricGce, AsymmetricExponentialLoss, JensenShannon>;

}  // namespace noisegate
