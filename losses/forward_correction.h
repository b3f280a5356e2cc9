// Forward correction, −log (Tᵀp)_y: the model's p are the true classes', T[i][j] = P(given j | true i) makes
// them the given labels' (Patrini et al. 2017, Eq. 8).
#pragma once

#include "losses/loss_part.h"

#include <cmath>
#include <utility>
#include <vector>

namespace noisegate {

class ForwardCorrection final : public LossPartOf<ForwardCorrection> {
 public:
  /// `transition` (K,K), its rows summing to 1.
  ForwardCorrection(const std::vector<double>& transition, int classes) : log_transposed_(transition.size()) {
    for (int i = 0; i < classes; ++i)
      for (int j = 0; j < classes; ++j)
        log_transposed_[j * classes + i] = std::log(transition[i * classes + j]);
  }

  /// −log Σ_i e^{z_i} with z_i = log p_i + log T[i][y], shifted by the largest z. The gradient needs the
  /// share of each true class in it, ∂ℓ/∂log p_i = −e^{z_i} / Σ e^{z}.
  template <class P>
  void add_to(RowBlock<P>& block, Scalar<P> factor) const {
    using T = Scalar<P>;
    constexpr T nothing = -std::numeric_limits<T>::infinity();
    std::vector<T> z(block.stride);
    for (int row = 0; row < block.rows; ++row) {
      const std::int32_t y = block.label_of(row);
      std::fill(z.begin(), z.end(), nothing);
      const double* column = &log_transposed_[std::int64_t{y} * block.batch.classes];
      for (int i = 0; i < block.batch.classes; ++i) z[i] = static_cast<T>(column[i]);
      const T own = std::exchange(z[y], nothing) + block.get(block.label.log_p, row);

      P top = math::constant<P>(own);
      for (int i = 0; i < block.stride; i += block.lanes) {
        const P sum = block.read(&z[i]) + block.other_log_p(row, i);
        block.write(&z[i], sum);
        top = math::max(top, sum);
      }
      const T shift = block.highest(top);
      P total{};
      for (int i = 0; i < block.stride; i += block.lanes) {
        const P share = math::exp(block.read(&z[i]) - shift);
        block.write(&z[i], share);
        total += share;
      }
      const T own_share = std::exp(own - shift), sum = block.sum(total) + own_share;
      for (int i = 0; i < block.stride; i += block.lanes)
        block.add_direct(row, i, block.read(&z[i]) * (-factor / sum));
      block.set(block.own, row, block.get(block.own, row) - factor * own_share / sum);
      block.set(block.value, row, block.get(block.value, row) - factor * (shift + std::log(sum)));
    }
  }

 private:
  std::vector<double> log_transposed_;  // [given][true]
};

}  // namespace noisegate
