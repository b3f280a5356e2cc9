// A loss of p_y whose gradient is clipped at a threshold (Ye et al. 2025, Optimized Gradient Clipping,
// Sec. 4.2).
#pragma once

#include "losses/rows/py_rule.h"

namespace noisegate {

/// Where a loss is clipped.
struct ClipPoint {
  double threshold;           // P, in (0, 1)
  double tau;                 // |ℓ'| below P, |ℓ'(P)| or less
  double value_at_threshold;  // ℓ(P)
};

template <class F>
NOISEGATE_HD ClipPoint clip_point(const F& loss, double p) {
  const Probability<double> at{p, 1 - p, math::log(p), math::log1p(-p)};
  return {p, -dp(loss, at), loss.value(at)};
}

/// A loss whose |ℓ'| exceeds τ everywhere has no P of that τ: at the end of P's interval |ℓ'| below P is
/// still τ.
NOISEGATE_HD inline ClipPoint limited_to(ClipPoint at, double tau) {
  if (tau < at.tau) at.tau = tau;
  return at;
}

/// ℓ(p) where p > P, else 1 − τ·p + ℓ(P): below P |ℓ'| stays τ. For cross entropy it is continuous where
/// τ = |ℓ'(P)|, since τ·P = 1 there.
template <class F>
struct ClippedLoss {
  F loss;
  double threshold, tau, value_at_threshold;

  NOISEGATE_HD ClippedLoss(F unclipped, const ClipPoint& at)
      : loss(unclipped), threshold(at.threshold), tau(at.tau), value_at_threshold(at.value_at_threshold) {}

  template <class T>
  NOISEGATE_HD T value(const Probability<T>& y) const {
    const T line = math::constant<T>(1 + value_at_threshold) - math::constant<T>(tau) * y.p;
    return math::select(y.p > math::constant<T>(threshold), loss.value(y), line);
  }
  template <class T>
  NOISEGATE_HD T dlogp(const Probability<T>& y) const {
    return math::select(y.p > math::constant<T>(threshold), loss.dlogp(y), math::constant<T>(-tau) * y.p);
  }
};

/// A loss of p_y clipped at the ClipPoint whose numbers lie at `point`, where the loss runs: it moves from
/// step to step.
template <class F>
struct ClippedPyRule {
  static constexpr bool needs_softmax = true;
  F loss;
  const double* point;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    const ClipPoint at{point[0], point[1], point[2]};
    PyRule<ClippedLoss<F>>{ClippedLoss<F>(loss, at), {}}.add_to(block, factor);
  }
};

}  // namespace noisegate
