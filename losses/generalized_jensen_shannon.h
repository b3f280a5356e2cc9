// Generalized Jensen-Shannon divergence of the label and the predictions for two views of a sample,
//   Z·[π KL(e_y‖m) + (1−π)/2·(KL(p⁽¹⁾‖m) + KL(p⁽²⁾‖m))],   m = π e_y + (1−π)/2·(p⁽¹⁾ + p⁽²⁾),
// Z = −1/((1−π) log(1−π)) (Englesson and Azizpour 2021). It asks for consistent views too.
#pragma once

#include "losses/probability.h"

#include <cmath>

namespace noisegate {

class GeneralizedJensenShannon {
 public:
  explicit GeneralizedJensenShannon(double pi) : pi_(pi), z_(-1 / ((1 - pi) * std::log1p(-pi))) {}

  /// Without the label, π = 0 and Z = 1: the Jensen-Shannon divergence of the two predictions.
  static GeneralizedJensenShannon of_views_alone() { return {0, 1}; }

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
      const P slope = view->label.p * (view->label.log_p - log_m) * (z * share);
      view->own += slope;
      first.value += slope;
    }
    const auto to_first = first.new_slopes(), to_second = second.new_slopes();
    P first_sums{}, second_sums{};
    for (int row = 0; row < first.rows; ++row) {
      const Sums<T> sums = add_others(first, second, row, share, first.slopes_of(to_first, row),
                                      second.slopes_of(to_second, row));
      first.set(first_sums, row, sums.first);
      second.set(second_sums, row, sums.second);
    }
    const P factor = math::constant<P>(z * share);
    first.value += (first_sums + second_sums) * factor;
    first.add_direct(factor, first_sums);
    second.add_direct(factor, second_sums);
  }

 private:
  template <class T>
  struct Sums {
    T first, second;
  };

  GeneralizedJensenShannon(double pi, double z) : pi_(pi), z_(z) {}

  /// Writes p·log(p/m) of the other classes for both views; returns their sums.
  template <class Block, class Slopes>
  NOISEGATE_DEVICE static Sums<typename Block::T> add_others(const Block& first, const Block& second, int row,
                                                             typename Block::T share, const Slopes& to_first,
                                                             const Slopes& to_second) {
    using P = typename Block::Number;
    // Where both p are below float's range so is what they add, whatever log m.
    const P least = math::constant<P>(least_normal);
    const auto view = first.others(row), other_view = second.others(row);
    P first_sum{}, second_sum{};
    for (int i = 0, end = first.stride; i < end; i += first.lanes) {
      const P p = view.p(i), q = other_view.p(i);
      const P log_m = math::log(math::max((p + q) * share, least));
      const P slope_p = p * (view.log_p(i) - log_m);
      const P slope_q = q * (other_view.log_p(i) - log_m);
      first.write(to_first, i, slope_p);
      second.write(to_second, i, slope_q);
      first_sum += slope_p;
      second_sum += slope_q;
    }
    return {first.sum(first_sum), second.sum(second_sum)};
  }

  double pi_, z_;
};

}  // namespace noisegate
