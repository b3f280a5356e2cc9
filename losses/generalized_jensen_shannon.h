// Generalized Jensen-Shannon divergence of the label and the predictions for two views of a sample,
//   Z·[π KL(e_y‖m) + (1−π)/2·(KL(p⁽¹⁾‖m) + KL(p⁽²⁾‖m))],   m = π e_y + (1−π)/2·(p⁽¹⁾ + p⁽²⁾),
// Z = −1/((1−π) log(1−π)) (Englesson and Azizpour 2021, Eq. 4). It asks for consistent views too.
#pragma once

#include "losses/row_block.h"

#include <cmath>

namespace noisegate {

class GeneralizedJensenShannon {
 public:
  explicit GeneralizedJensenShannon(double pi) : pi_(pi) {}

  /// Adds the value to the first view's block and the gradients to both. The blocks hold the same samples.
  /// What m contributes to the gradient cancels: ∂ℓ/∂log p⁽ᵛ⁾_i = Z·(1−π)/2·p⁽ᵛ⁾_i·log(p⁽ᵛ⁾_i/m_i).
  template <class P>
  void add_to(RowBlock<P>& first, RowBlock<P>& second) const {
    using T = Scalar<P>;
    const T rest = static_cast<T>(1 - pi_), share = rest / 2;
    const T z = static_cast<T>(-1 / ((1 - pi_) * std::log1p(-pi_)));
    // m_y = 1 − (1−π)/2·Σ_v (1 − p⁽ᵛ⁾_y), exact where both views are sure.
    const P log_m = math::log1p((first.label.complement + second.label.complement) * -share);
    first.value += log_m * (-z * static_cast<T>(pi_));
    for (RowBlock<P>* view : {&first, &second}) {
      const P slope = view->label.p * (view->label.log_p - log_m) * (z * share);
      view->own += slope;
      first.value += slope;
    }
    for (int row = 0; row < first.rows; ++row) add_others(first, second, row, z * share, share);
  }

 private:
  template <class P>
  static void add_others(RowBlock<P>& first, RowBlock<P>& second, int row, Scalar<P> factor,
                         Scalar<P> share) {
    P sum{};
    for (int i = 0; i < first.stride; i += first.lanes) {
      const P a = first.other_log_p(row, i), b = second.other_log_p(row, i);
      // log m_i = log(share·(e^a + e^b)), from the larger of the two.
      const P log_m = math::max(a, b) + math::log1p(math::exp(-math::abs(a - b))) + std::log(share);
      const P slope_a = first.other_p(row, i) * (a - log_m) * factor;
      const P slope_b = second.other_p(row, i) * (b - log_m) * factor;
      first.add_direct(row, i, slope_a);
      second.add_direct(row, i, slope_b);
      sum += slope_a + slope_b;
    }
    first.set(first.value, row, first.get(first.value, row) + first.sum(sum));
  }

  double pi_;
};

}  // namespace noisegate
