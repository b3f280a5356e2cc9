// Forward correction, −log (Tᵀp)_y: the model's p are the true classes', T[i][j] = P(given j | true i) makes
// them the given labels' (Patrini et al. 2017).
#pragma once

#include "losses/in_both_precisions.h"
#include "losses/loss_part.h"

#include <limits>
#include <vector>

namespace noisegate {

class ForwardCorrection final : public LossPartOf<ForwardCorrection> {
 public:
  /// `transition` (K,K), its rows summing to 1.
  ForwardCorrection(const std::vector<double>& transition, int classes) {
    std::vector<double> transposed;
    for (int j = 0; j < classes; ++j)
      for (int i = 0; i < classes; ++i) transposed.push_back(transition[i * classes + j]);
    transposed_ = InBothPrecisions(transposed, classes);
  }

  /// Of Σ_i T[i][y]·p_i the label's term may be far above or below the others', so these two are added by
  /// their margin as p_y and 1 − p_y are: q is the label's share of the sum. ∂ℓ/∂log p_i is minus the share
  /// of class i.
  template <class P>
  void add_to(RowBlock<P>& block, Scalar<P> factor) const {
    Scalar<P>* terms = block.new_slopes();
    P own{}, others{};
    for (int row = 0; row < block.rows; ++row) {
      block.set(own, row, column(block, row)[block.label_of(row)]);
      block.set(others, row, fill(block, row, terms + row * block.stride));
    }
    const P least = math::constant<P>(std::numeric_limits<float>::min());
    const P log_own = math::log(math::max(own, least)) + block.label_logit;
    const P log_others = math::log(math::max(others, least)) + block.highest_other;
    const auto q = Probability<P>::of_margin(log_own - log_others);
    block.value -= (log_own - q.log_p - block.log_normaliser) * factor;
    block.own -= q.p * factor;
    block.add_direct(q.complement / math::max(others, least) * -factor, others);
  }

 private:
  /// Writes T[i][y]·e^{s_i − highest} of the other classes; returns their sum.
  template <class P>
  Scalar<P> fill(const RowBlock<P>& block, int row, Scalar<P>* terms) const {
    const Scalar<P>* chances = column(block, row);
    const auto others = block.others(row);
    P sum{};
    for (int i = 0, end = block.stride; i < end; i += block.lanes) {
      const P term = block.read(chances + i) * others.exponential(i);
      block.write(terms + i, term);
      sum += term;
    }
    return block.sum(sum);
  }

  template <class P>
  const Scalar<P>* column(const RowBlock<P>& block, int row) const {
    return transposed_.row(block.label_of(row), Scalar<P>{});
  }

  InBothPrecisions transposed_;  // [given][true]
};

}  // namespace noisegate
