// How a loss of p_y is added to a block of rows: all of it reaches the logits through the label's margin.
#pragma once

#include "losses/margin_loss.h"
#include "losses/schemes/clipped_loss.h"

namespace noisegate {

/// The knobs of a loss for a number of classes (margin_part.h): it sees sigmoid(scale·Δ + shift) and is
/// multiplied by `factor`.
struct MarginBend {
  double shift = 0, scale = 1, factor = 1;
  NOISEGATE_HD bool none() const { return shift == 0 && scale == 1; }
};

/// `F` is a functor of margin_loss.h.
template <class F>
struct MarginRule {
  static constexpr bool needs_softmax = true;
  F loss;
  MarginBend bend;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using T = typename Block::T;
    using P = typename Block::Number;
    const auto y = bend.none() ? block.label
                               : Probability<P>::of_margin(block.margin * static_cast<T>(bend.scale) +
                                                           static_cast<T>(bend.shift));
    block.value += loss.value(y) * (factor * static_cast<T>(bend.factor));
    block.label_weight += weight(loss, y) * (factor * static_cast<T>(bend.factor * bend.scale));
  }
};

/// A loss of p_y clipped at the ClipPoint whose numbers lie at `point`, where the loss runs: it moves from
/// step to step.
template <class F>
struct ClippedMarginRule {
  static constexpr bool needs_softmax = true;
  F loss;
  const double* point;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    const ClipPoint at{point[0], point[1], point[2]};
    MarginRule<ClippedLoss<F>>{ClippedLoss<F>(loss, at), {}}.add_to(block, factor);
  }
};

}  // namespace noisegate
