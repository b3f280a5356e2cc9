// Losses that are cross entropy with a row of targets in the label's place, −Σ_i t_i log p_i, where the
// targets follow from the label. A functor's of(block, row) returns `own`, the label's target, and
// others(block, i), the targets of as many classes from i on as the block has lanes; the rule ignores those
// at the label and beyond the last class. The functors are in losses/functions/row.
#pragma once

#include "engine/math.h"
#include "engine/random.h"
#include "losses/rows/device_loss.h"

#include <cstdint>

namespace noisegate {

/// Targets that stand in a row of a table.
template <class T, class Row>
struct TargetRow {
  T own;
  Row row;

  template <class Block>
  NOISEGATE_DEVICE auto others(const Block& block, int i) const {
    return block.read(row, i);
  }
};

/// Rows of targets (N,K) given by the caller, whatever the labels: stochastic label noise, corrected labels.
template <class Table>
struct GivenTargets {
  Table table;

  template <class Block>
  NOISEGATE_DEVICE auto of(const Block& block, int row) const {
    const auto targets = block.row_of(table, block.sample_of(row));
    return TargetRow<typename Block::T, decltype(targets)>{targets[block.label_of(row)], targets};
  }
};

/// `F` is one of these functors.
template <class F>
struct TargetRule {
  using Functor = F;
  static constexpr bool needs_softmax = true;
  F targets;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    const auto terms = block.new_terms();
    const int end = block.stride;
    P own{}, sums{}, target_sums{};
    for (int row = 0; row < block.rows; ++row) {
      const auto sample = targets.of(block, row);
      const auto others = block.others(row);
      const auto to = block.terms_of(terms, row);
      P sum{}, target_sum{};
      for (int i = 0; i < end; i += block.lanes) {
        const P t = math::select(others.exist(i), sample.others(block, i), P{});
        sum += t * others.log_p(i);
        target_sum += t;
        block.write(to, i, t);
      }
      block.set(own, row, sample.own);
      block.set(sums, row, block.sum(sum));
      block.set(target_sums, row, block.sum(target_sum));
    }
    block.value -= (sums + own * block.label.log_p) * factor;
    block.dlogp_label -= own * factor;
    block.add_dlogp_others(math::constant<P>(-factor), target_sums);
  }

  /// On the GPU, where the functor reads a table.
  auto on_device() const requires requires { targets.table; }
  { return with_table(targets); }
  const Tensor& constants() const requires requires { targets.table; }
  { return targets.table.on_device(); }

 private:
  template <template <class> class Targets, class Table>
  static auto with_table(const Targets<Table>&) {
    return TargetRule<Targets<DeviceTable>>{};
  }
};

}  // namespace noisegate
