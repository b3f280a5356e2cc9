#pragma once

#include "losses/functions/row/transition_matrix.h"
#include "losses/rows/loss_entry.h"
#include "losses/rows/target_rule.h"

#include <cstdint>

namespace noisegate {

/// Backward correction, Σ_j (T⁻¹)_{yj} ce(j): row y of the inverse as targets (Patrini et al. 2017).
template <class Table>
struct BackwardTargets {
  Table table;

  template <class Block>
  NOISEGATE_DEVICE auto of(const Block& block, int row) const {
    const std::int32_t y = block.label_of(row);
    const auto targets = block.row_of(table, y);
    return TargetRow<typename Block::T, decltype(targets)>{targets[y], targets};
  }

  static LossEntry<BackwardTargets> entry() {
    return {{"backward", "sum_j (T^-1)_yj ce(j)", correction_paper, transition_parameters()},
            [](const LossValues& v) {
              return BackwardTargets{Table(inverse_of(v.transition, v.what), v.classes)};
            }};
  }
};

}  // namespace noisegate
