// Forward correction, −log (Tᵀp)_y: the model's p are the true classes', T[i][j] = P(given j | true i) makes
// them the given labels' (Patrini et al. 2017).
#pragma once

#include "losses/functions/row/transition_matrix.h"
#include "losses/rows/device_loss.h"
#include "losses/rows/loss_entry.h"
#include "losses/rows/probability.h"

#include <vector>

namespace noisegate {

/// The table is Tᵀ: [given][true].
template <class Table>
struct ForwardCorrection {
  static constexpr bool needs_softmax = true;
  Table table;

  /// Of Σ_i T[i][y]·p_i the label's term may be far above or below the others', so these two are added by
  /// their margin as p_y and 1 − p_y are: q is the label's share of the sum. ∂ℓ/∂log p_i is minus the share
  /// of class i.
  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    const auto terms = block.new_terms();
    P own{}, others{};
    for (int row = 0; row < block.rows; ++row) {
      const auto chances = block.row_of(table, block.label_of(row));
      block.set(own, row, chances[block.label_of(row)]);
      block.set(others, row, fill(block, row, chances, block.terms_of(terms, row)));
    }
    const P least = math::constant<P>(least_normal);
    const P log_own = math::log(math::max(own, least)) + block.label_logit;
    const P log_others = math::log(math::max(others, least)) + block.highest_other;
    const auto q = Probability<P>::of_margin(log_own - log_others);
    block.value -= (log_own - q.log_p - block.log_normaliser) * factor;
    block.dlogp_label -= q.p * factor;
    block.add_dlogp_others(q.complement / math::max(others, least) * -factor, others);
  }

  ForwardCorrection<DeviceTable> on_device() const { return {}; }
  const Tensor& constants() const { return table.on_device(); }

  static LossEntry<ForwardCorrection> entry() {
    return {{"forward", "-log (T^t p)_y", correction_paper, transition_parameters()},
            [](const LossValues& v) {
              return ForwardCorrection{Table(transposed(v.transition, v.classes), v.classes)};
            }};
  }

 private:
  /// Writes T[i][y]·e^{s_i − highest} of the other classes; returns their sum.
  template <class Block, class Row, class Terms>
  NOISEGATE_DEVICE static typename Block::T fill(const Block& block, int row, const Row& chances,
                                                 const Terms& to) {
    using P = typename Block::Number;
    const auto others = block.others(row);
    P sum{};
    for (int i = 0, end = block.stride; i < end; i += block.lanes) {
      const P term = block.read(chances, i) * others.exponential(i);
      block.write(to, i, term);
      sum += term;
    }
    return block.sum(sum);
  }
};

}  // namespace noisegate
