#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/target_rule.h"

#include <vector>

namespace noisegate {

/// Confidence regulariser, ce + λ·Σ_k P(ỹ=k) log p_k (Cheng et al. 2021), so t = e_y − λ·P. The table's one
/// row is −λ·P, P(ỹ=k) the shares of the labels in the training set.
template <class Table>
struct ConfidenceTargets {
  Table table;

  template <class Block>
  NOISEGATE_DEVICE auto of(const Block& block, int row) const {
    const auto targets = block.row_of(table, 0);
    return TargetRow<typename Block::T, decltype(targets)>{1 + targets[block.label_of(row)], targets};
  }

  static LossEntry<ConfidenceTargets> entry() {
    return {{"cr",
             "ce + lambda sum_k P(label k) log p_k",
             "Cheng et al., A Sample Sieve Approach (CORES), ICLR 2021",
             {parameter::number("lambda", 1, {0, 1e6})}},
            [](const LossValues& v) {
              std::vector<double> row = v.required_label_shares();
              for (double& share : row) share *= -v["lambda"];
              return ConfidenceTargets{Table(row, static_cast<int>(row.size()))};
            }};
  }
};

}  // namespace noisegate
