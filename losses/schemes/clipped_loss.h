// A loss of p_y whose gradient is clipped at a threshold (Ye et al. 2025, Optimized Gradient Clipping,
// Sec. 4.2).
#pragma once

#include "losses/margin_loss.h"

namespace noisegate {

/// Where a loss is clipped.
struct ClipPoint {
  double threshold;           // P, in (0, 1)
  double tau;                 // the slope below, |ℓ'(P)| or less
  double value_at_threshold;  // ℓ(P)
};

template <class F>
NOISEGATE_HD ClipPoint clip_point(const F& loss, double p) {
  const Probability<double> at{p, 1 - p, math::log(p), math::log1p(-p)};
  return {p, -slope(loss, at), loss.value(at)};
}

/// A loss that is steeper than τ everywhere has no P of that τ: at the end of P's interval the slope below is
/// still τ.
NOISEGATE_HD inline ClipPoint no_steeper(ClipPoint at, double tau) {
  if (tau < at.tau) at.tau = tau;
  return at;
}

/// ℓ(p) where p > P, else 1 − τ·p + ℓ(P): below P the slope stays τ. For cross entropy it is continuous where
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
  NOISEGATE_HD T log_slope(const Probability<T>& y) const {
    return math::select(y.p > math::constant<T>(threshold), loss.log_slope(y), math::constant<T>(-tau) * y.p);
  }
};

/// |ℓ'(p)|, by the weight at p's margin.
template <class F>
NOISEGATE_HD double steepness(const F& loss, double p) {
  const double margin = math::log(p) - math::log1p(-p);
  return weight(loss, Probability<double>::of_margin(margin)) / (p * (1 - p));
}

}  // namespace noisegate
