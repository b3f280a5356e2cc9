// Cross entropy of clipped logits: s·δ/‖s‖ in place of s where ‖s‖ exceeds τ (Wei et al. 2023, Logit
// Clipping; the reference adds 1e-7 to the norm).
#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/probability.h"

namespace noisegate {

struct LogitClipping {
  static constexpr bool needs_softmax = false;  // it has one of its own, of the clipped logits
  double tau, delta;

  /// With u = c·s the clipped logits, c = δ/(‖s‖ + 1e-7), and g = ∂ce/∂u, the gradient to s is
  /// c·(g − s·(g·s)/(‖s‖·(‖s‖ + 1e-7))): what is along s is clipped away.
  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    using T = typename Block::T;
    const auto terms = block.new_terms();
    const P norm = norms(block), padded = norm + math::constant<P>(1e-7);
    const auto clips = padded > math::constant<P>(tau);
    const P scale = math::select(clips, math::constant<P>(delta) / padded, math::constant<P>(1));
    const P shift = scale * block.highest_other;
    P others{}, products{};  // Σ e and Σ e·s over the other classes, e = e^{u − shift}
    for (int row = 0; row < block.rows; ++row) {
      const auto sums =
          exponentials(block, row, block.get(scale, row), block.get(shift, row), block.terms_of(terms, row));
      block.set(others, row, sums.exponentials);
      block.set(products, row, sums.products);
    }
    const auto y = Probability<P>::of_margin(scale * block.label_logit - shift - math::log(others));
    const P share = y.complement / others;  // g is share·e for the other classes, −(1 − p) for the label
    const P along =
        math::select(clips, (products * share - y.complement * block.label_logit) / (norm * padded), P{});
    block.value -= y.log_p * factor;
    block.label_logit_gradient -= (y.complement + block.label_logit * along) * scale * factor;
    for (int row = 0; row < block.rows; ++row) {
      const auto e = block.terms_of(terms, row);
      const auto logits = block.others(row);
      const T row_share = block.get(share, row), row_along = block.get(along, row);
      for (int i = 0, end = block.stride; i < end; i += block.lanes)
        block.write(e, i, block.read(e, i) * row_share - logits_or_zero<P>(logits, i) * row_along);
    }
    block.add_logit_gradient(scale * factor);
  }

  static LossEntry<LogitClipping> entry() {
    return {{"lc-ce",
             "ce of s delta/|s| where |s| > tau; delta=0 is the paper's, tau (its code has 1/tau)",
             "Wei et al., Logit Clipping, ICML 2023",
             {parameter::number("tau", 1.5, above(0, 1e6)), parameter::number("delta", 0, {0, 1e6})}},
            [](const LossValues& v) {
              return LogitClipping{v["tau"], v["delta"] == 0 ? v["tau"] : v["delta"]};
            }};
  }

 private:
  template <class T>
  struct Sums {
    T exponentials, products;
  };

  template <class Block>
  NOISEGATE_DEVICE static typename Block::Number norms(const Block& block) {
    using P = typename Block::Number;
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
  template <class Block, class Terms>
  NOISEGATE_DEVICE static Sums<typename Block::T> exponentials(const Block& block, int row,
                                                               typename Block::T c, typename Block::T shift,
                                                               const Terms& to) {
    using P = typename Block::Number;
    const auto others = block.others(row);
    P sum{}, product{};
    for (int i = 0, end = block.stride; i < end; i += block.lanes) {
      const P e = math::exp(others.s(i) * c - shift);
      block.write(to, i, e);
      sum += e;
      product += e * logits_or_zero<P>(others, i);
    }
    return {block.sum(sum), block.sum(product)};
  }

  template <class P, class Others>
  NOISEGATE_DEVICE static P logits_or_zero(const Others& others, int i) {
    return math::select(others.exist(i), others.s(i), P{});
  }
};

}  // namespace noisegate
