// Cross entropy of clipped logits: s·δ/‖s‖ in place of s where ‖s‖ exceeds τ (Wei et al. 2023, Logit
// Clipping; the reference adds 1e-7 to the norm).
#pragma once

#include "losses/loss_part.h"

#include <utility>

namespace noisegate {

class LogitClipping final : public LossPartOf<LogitClipping> {
 public:
  LogitClipping(double tau, double delta) : tau_(tau), delta_(delta) {}

  /// With u = c·s the clipped logits, c = δ/(‖s‖ + 1e-7), and g = ∂ce/∂u, the gradient to s is
  /// c·(g − s·(g·s)/(‖s‖·(‖s‖ + 1e-7))): what is along s is clipped away.
  template <class P>
  void add_to(RowBlock<P>& block, Scalar<P> factor) const {
    Scalar<P>* slopes = block.new_slopes();
    const P norm = norms(block), padded = norm + math::constant<P>(1e-7);
    const auto clips = padded > math::constant<P>(tau_);
    const P scale = math::select(clips, math::constant<P>(delta_) / padded, math::constant<P>(1));
    const P shift = scale * block.highest_other;
    P others{}, products{};  // Σ e and Σ e·s over the other classes, e = e^{u − shift}
    for (int row = 0; row < block.rows; ++row) {
      const auto [sum, product] =
          exponentials(block, row, block.get(scale, row), block.get(shift, row), slopes + row * block.stride);
      block.set(others, row, sum);
      block.set(products, row, product);
    }
    const auto y = Probability<P>::of_margin(scale * block.label_logit - shift - math::log(others));
    const P share = y.complement / others;  // g is share·e for the other classes, −(1 − p) for the label
    const P along =
        math::select(clips, (products * share - y.complement * block.label_logit) / (norm * padded), P{});
    block.value -= y.log_p * factor;
    block.label_logit_gradient -= (y.complement + block.label_logit * along) * scale * factor;
    for (int row = 0; row < block.rows; ++row) {
      Scalar<P>* e = slopes + row * block.stride;
      const auto logits = block.others(row);
      const Scalar<P> row_share = block.get(share, row), row_along = block.get(along, row);
      for (int i = 0, end = block.stride; i < end; i += block.lanes)
        block.write(e + i, block.read(e + i) * row_share - logits_or_zero<P>(logits, i) * row_along);
    }
    block.add_logit_gradient(scale * factor);
  }

  /// It has a softmax of its own, of the clipped logits.
  bool needs_softmax() const override { return false; }

 private:
  template <class P>
  static P norms(const RowBlock<P>& block) {
    P squares{};
    for (int row = 0; row < block.rows; ++row) {
      const auto others = block.others(row);
      P sum{};
      for (int i = 0; i < block.stride; i += block.lanes) {
        const P s = logits_or_zero<P>(others, i);
        sum += s * s;
      }
      block.set(squares, row, block.sum(sum));
    }
    return math::sqrt(squares + block.label_logit * block.label_logit);
  }

  /// Writes e = e^{c·s − shift} of the other classes of a row; returns Σ e and Σ e·s.
  template <class P>
  static std::pair<Scalar<P>, Scalar<P>> exponentials(const RowBlock<P>& block, int row, Scalar<P> c,
                                                      Scalar<P> shift, Scalar<P>* to) {
    const auto others = block.others(row);
    P sum{}, product{};
    for (int i = 0, end = block.stride; i < end; i += block.lanes) {
      const P e = math::exp(others.s(i) * c - shift);
      block.write(to + i, e);
      sum += e;
      product += e * logits_or_zero<P>(others, i);
    }
    return {block.sum(sum), block.sum(product)};
  }

  template <class P, class Others>
  static P logits_or_zero(const Others& others, int i) {
    return math::select(others.exist(i), others.s(i), P{});
  }

  double tau_, delta_;
};

}  // namespace noisegate
