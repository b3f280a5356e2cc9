// Generalized Jensen-Shannon divergence of the label and the predictions for two views of a sample,
//   Z·[π KL(e_y‖m) + (1−π)/2·(KL(p⁽¹⁾‖m) + KL(p⁽²⁾‖m))],   m = π e_y + (1−π)/2·(p⁽¹⁾ + p⁽²⁾),
// Z = −1/((1−π) log(1−π)) (Englesson and Azizpour 2021). It asks for consistent views too.
#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/probability.h"

#include <cmath>

namespace noisegate {

class GeneralizedJensenShannon {
 public:
  explicit GeneralizedJensenShannon(double pi) : pi_(pi), z_(-1 / ((1 - pi) * std::log1p(-pi))) {}

  /// Without the label, π = 0 and Z = 1: the Jensen-Shannon divergence of the two predictions.
  static GeneralizedJensenShannon of_views_alone() { return {0, 1}; }

  static LossEntry<GeneralizedJensenShannon> entry() {
    return {{"gjs",
             "js over e_y, p(view 1), p(view 2) with weights pi, (1-pi)/2, (1-pi)/2; needs two views",
             "Englesson and Azizpour, Generalized Jensen-Shannon Divergence Loss, NeurIPS 2021",
             {parameter::number("pi", 0.3, {1e-3, 0.999})}},
            [](const LossValues& v) { return GeneralizedJensenShannon(v["pi"]); }};
  }

  /// Adds the value to the first view's block and the gradients to both. The blocks hold the same samples.
  /// What m contributes to the gradient cancels: ∂ℓ/∂log p⁽ᵛ⁾_i = Z·(1−π)/2·p⁽ᵛ⁾_i·log(p⁽ᵛ⁾_i/m_i).
  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& first, Block& second) const {
    using P = typename Block::Number;
    using T = typename Block::T;
    const T rest = static_cast<T>(1 - pi_), share = rest / 2;
    const T z = static_cast<T>(z_);
    // m_y = 1 − (1−π)/2·Σ_v (1 − p⁽ᵛ⁾_y), exact where both views are sure; where π = 0 it may round to 0.
    const P least = math::constant<P>(spacing_at_one<T> / 2 - 1);
    const P log_m =
        math::log1p(math::max((first.label.complement + second.label.complement) * -share, least));
    first.value += log_m * (-z * static_cast<T>(pi_));
    Block* const views[] = {&first, &second};
    for (Block* view : views) {
      const P term = view->label.p * (view->label.log_p - log_m) * (z * share);
      view->dlogp_label += term;
      first.value += term;
    }
    const auto to_first = first.new_terms(), to_second = second.new_terms();
    P first_sums{}, second_sums{};
    for (int row = 0; row < first.rows; ++row) {
      const Sums<T> sums = add_others(first, second, row, share, first.terms_of(to_first, row),
                                      second.terms_of(to_second, row));
      first.set(first_sums, row, sums.first);
      second.set(second_sums, row, sums.second);
    }
    const P factor = math::constant<P>(z * share);
    first.value += (first_sums + second_sums) * factor;
    first.add_dlogp_others(factor, first_sums);
    second.add_dlogp_others(factor, second_sums);
  }

 private:
  template <class T>
  struct Sums {
    T first, second;
  };

  GeneralizedJensenShannon(double pi, double z) : pi_(pi), z_(z) {}

  /// Writes p·log(p/m) of the other classes for both views; returns their sums.
  template <class Block, class Terms>
  NOISEGATE_DEVICE static Sums<typename Block::T> add_others(const Block& first, const Block& second, int row,
                                                             typename Block::T share, const Terms& to_first,
                                                             const Terms& to_second) {
    using P = typename Block::Number;
    // Where both p are below float's range so is what they add, whatever log m.
    const P least = math::constant<P>(least_normal);
    const auto view = first.others(row), other_view = second.others(row);
    P first_sum{}, second_sum{};
    for (int i = 0, end = first.stride; i < end; i += first.lanes) {
      const P p = view.p(i), q = other_view.p(i);
      const P log_m = math::log(math::max((p + q) * share, least));
      const P term_p = p * (view.log_p(i) - log_m);
      const P term_q = q * (other_view.log_p(i) - log_m);
      first.write(to_first, i, term_p);
      second.write(to_second, i, term_q);
      first_sum += term_p;
      second_sum += term_q;
    }
    return {first.sum(first_sum), second.sum(second_sum)};
  }

  double pi_, z_;
};

}  // namespace noisegate
