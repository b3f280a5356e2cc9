// Cross entropy of clipped logits: s·δ/‖s‖ in place of s where ‖s‖ exceeds τ (Wei et al. 2023, Logit
// Clipping, Eq. 4; the reference adds 1e-7 to the norm).
#pragma once

#include "losses/loss_part.h"

#include <cmath>
#include <vector>

namespace noisegate {

class LogitClipping final : public LossPartOf<LogitClipping> {
 public:
  LogitClipping(double tau, double delta) : tau_(tau), delta_(delta) {}

  template <class P>
  void add_to(RowBlock<P>& block, Scalar<P> factor) const {
    for (int row = 0; row < block.rows; ++row) add_row(block, row, factor);
  }

 private:
  /// With u = c·s the clipped logits, c = δ/(‖s‖ + 1e-7), and g = ∂ce/∂u, the gradient to s is
  /// c·(g − s·(g·s)/(‖s‖·(‖s‖ + 1e-7))): what is along s is clipped away.
  template <class P>
  void add_row(RowBlock<P>& block, int row, Scalar<P> factor) const {
    using T = Scalar<P>;
    const T label_logit = block.get(block.label_logit, row);
    P squares{};
    for (int i = 0; i < block.stride; i += block.lanes) {
      const P s = other_logits_or_zero(block, row, i);
      squares += s * s;
    }
    const T norm = std::sqrt(block.sum(squares) + label_logit * label_logit), padded = norm + T(1e-7);
    const bool clips = padded > static_cast<T>(tau_);
    const T scale = clips ? static_cast<T>(delta_) / padded : T(1);

    P top = block.other_logits(row, 0);
    for (int i = block.lanes; i < block.stride; i += block.lanes)
      top = math::max(top, block.other_logits(row, i));
    const T shift = scale * block.highest(top);
    std::vector<T> exponentials(block.stride);
    P total{};
    for (int i = 0; i < block.stride; i += block.lanes) {
      const P exponential = math::exp(block.other_logits(row, i) * scale - shift);
      block.write(&exponentials[i], exponential);
      total += exponential;
    }
    const T others = block.sum(total);
    const auto y = Probability<double>::of_margin(scale * label_logit - shift - std::log(others));
    const T w = static_cast<T>(y.complement), share = w / others;

    P products{};  // of g and s; g is w·e/Σe for the others, −w for the label
    for (int i = 0; i < block.stride; i += block.lanes)
      products += block.read(&exponentials[i]) * share * other_logits_or_zero(block, row, i);
    const T along = clips ? (block.sum(products) - w * label_logit) / (norm * padded) : T(0);
    for (int i = 0; i < block.stride; i += block.lanes) {
      const P g = block.read(&exponentials[i]) * share;
      block.add_logit_gradient(row, i, (g - other_logits_or_zero(block, row, i) * along) * (factor * scale));
    }
    block.set(block.label_logit_gradient, row,
              block.get(block.label_logit_gradient, row) + factor * scale * (-w - label_logit * along));
    block.set(block.value, row, block.get(block.value, row) - factor * static_cast<T>(y.log_p));
  }

  template <class P>
  static P other_logits_or_zero(const RowBlock<P>& block, int row, int offset) {
    const P logits = block.other_logits(row, offset);
    return math::select(block.is_other(logits), logits, P{});
  }

  double tau_, delta_;
};

}  // namespace noisegate
