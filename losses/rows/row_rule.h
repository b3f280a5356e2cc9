// Losses of the whole row that can be written as ℓ(log p_y, Σ_{i≠y} term(log p_i)): one pass over the classes
// for the sum and its derivatives, then the rest from one number per row. A loss is a functor of
//   term(p_i)                    → its value and its derivative by log p_i
//   combine(p_y, sum, classes)   → ℓ, ∂ℓ/∂log p_y and ∂ℓ/∂sum
// The functors are in losses/functions/row.
#pragma once

#include "losses/rows/py_rule.h"

namespace noisegate {

template <class T>
struct Combined {
  T value;
  T dlogp_label;  // ∂ℓ/∂log p_y
  T dsum;         // ∂ℓ/∂sum
};

/// `F` is one of these functors.
template <class F>
struct RowRule {
  using Functor = F;
  static constexpr bool needs_softmax = true;
  F loss;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    const F copy = loss;  // a copy stays in registers: what is written through `to` cannot change it
    const int end = block.stride;
    const auto terms = block.new_terms();
    P sums{}, dlogp_sums{};
    for (int row = 0; row < block.rows; ++row) {
      const auto others = block.others(row);
      const auto to = block.terms_of(terms, row);
      P sum{}, dlogp_sum{};
      for (int i = 0; i < end; i += block.lanes) {
        const Term<P> term = other_term<P>(copy, others, i);
        sum += term.value;
        dlogp_sum += term.dlogp;
        block.write(to, i, term.dlogp);
      }
      block.set(sums, row, block.sum(sum));
      block.set(dlogp_sums, row, block.sum(dlogp_sum));
    }
    const Combined<P> combined = loss.combine(block.label, sums, block.classes());
    block.value += combined.value * factor;
    block.dlogp_label += combined.dlogp_label * factor;
    block.add_dlogp_others(combined.dsum * factor, dlogp_sums);
  }

 private:
  /// The terms of a row's classes from i on, 0 where there is no other class.
  template <class P, class Others>
  NOISEGATE_DEVICE static Term<P> other_term(const F& loss_of, const Others& others, int i) {
    const P p = others.p(i), complement = -p + 1.0f, least = math::constant<P>(least_normal);
    const Term<P> term =
        loss_of.term(Probability<P>{p, complement, others.log_p(i), math::log(math::max(complement, least))});
    const auto exist = others.exist(i);
    return {math::select(exist, term.value, P{}), math::select(exist, term.dlogp, P{})};
  }
};

}  // namespace noisegate
