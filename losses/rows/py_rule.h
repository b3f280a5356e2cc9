// The losses of p_y alone. With p = p_y the given label's probability and the margin
// Δ = s_y − log Σ_{i≠y} e^{s_i}, so that p = sigmoid(Δ), a loss ℓ(p) reaches the logits only through Δ:
//   ∂ℓ/∂s_y = −w,   ∂ℓ/∂s_i = w · e^{s_i} / Σ_{j≠y} e^{s_j},   w(Δ) = −ℓ'(p)·p·(1 − p)
// (Ou et al., A Curriculum View of Robust Loss Functions, Sec. 4). A loss is a functor of two functions,
//   value(p)   ℓ
//   dlogp(p)   dℓ/dlog p = ℓ'(p)·p, which stays finite where ℓ'(p) itself would not
// Everything else follows from these, see dp() and weight(). The functors are in losses/functions/py.
#pragma once

#include "losses/rows/probability.h"
#include "losses/rows/shift_scale.h"

namespace noisegate {

/// A loss's value and dℓ/dlog p, for where both are wanted of many classes.
template <class T>
struct Term {
  T value, dlogp;
};

/// ℓ'(p); infinite where it is.
template <class F, class T>
NOISEGATE_HD T dp(const F& loss, const Probability<T>& y) {
  return loss.dlogp(y) * math::exp(-y.log_p);
}

/// w(Δ) = −ℓ'(p)·p·(1 − p), half the L1 norm of the gradient to the logits.
template <class F, class T>
NOISEGATE_HD T weight(const F& loss, const Probability<T>& y) {
  return -loss.dlogp(y) * y.complement;
}

/// |ℓ'(p)|, by the weight at p's margin.
template <class F>
NOISEGATE_HD double abs_dp(const F& loss, double p) {
  const double margin = math::log(p) - math::log1p(-p);
  return weight(loss, Probability<double>::of_margin(margin)) / (p * (1 - p));
}

/// How a loss of p_y is added to a block of rows: all of it reaches the logits through the label's margin.
/// `F` is one of the functors.
template <class F>
struct PyRule {
  static constexpr bool needs_softmax = true;
  F loss;
  ShiftScale shift_scale;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using T = typename Block::T;
    using P = typename Block::Number;
    const auto y = shift_scale.none()
                       ? block.label
                       : Probability<P>::of_margin(block.margin * static_cast<T>(shift_scale.scale) +
                                                   static_cast<T>(shift_scale.shift));
    block.value += loss.value(y) * (factor * static_cast<T>(shift_scale.factor));
    block.label_weight += weight(loss, y) * (factor * static_cast<T>(shift_scale.factor * shift_scale.scale));
  }
};

}  // namespace noisegate
