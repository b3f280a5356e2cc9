// Losses that are cross entropy with a row of targets in the label's place, −Σ_i t_i log p_i, where the
// targets follow from the label. Of a row of a block, a functor's of() gives `own`, the label's target, and
// others(block, i), those of the classes from i on, as many as the block has lanes; what that says at the
// label and beyond the last class is not used.
#pragma once

#include "engine/math.h"
#include "engine/random.h"
#include "losses/device_loss.h"

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
};

/// Peer loss with cross entropy, ce(s, y) − λ·ce(s_n, y_m) with n and m random (Liu and Guo 2020). n runs
/// through the batch as a permutation would, so each sample meets one label y_m drawn from the batch:
/// t = e_y − λ·e_{y_m}. The draw is fresh for every (seed, Purpose::peer_sampling, step, sample).
struct PeerTargets {
  double lambda;

  template <class T>
  struct Sample {
    T own;
    std::int32_t peer;
    T lambda;

    template <class Block>
    NOISEGATE_DEVICE auto others(const Block& block, int i) const {
      return block.at_class(peer, i, -lambda);
    }
  };

  template <class Block>
  NOISEGATE_DEVICE auto of(const Block& block, int row) const {
    using T = typename Block::T;
    Philox random = block.random(Purpose::peer_sampling, row);
    const std::int32_t peer =
        block.label_of_sample(random.below(static_cast<std::uint32_t>(block.samples())));
    const auto factor = static_cast<T>(lambda);
    return Sample<T>{peer == block.label_of(row) ? 1 - factor : 1, peer, factor};
  }
};

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

/// `F` is one of the functors above.
template <class F>
struct TargetRule {
  static constexpr bool needs_softmax = true;
  F targets;

  template <class Block>
  NOISEGATE_DEVICE void add_to(Block& block, typename Block::T factor) const {
    using P = typename Block::Number;
    const auto slopes = block.new_slopes();
    const int end = block.stride;
    P own{}, sums{}, target_sums{};
    for (int row = 0; row < block.rows; ++row) {
      const auto sample = targets.of(block, row);
      const auto others = block.others(row);
      const auto to = block.slopes_of(slopes, row);
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
    block.own -= own * factor;
    block.add_direct(math::constant<P>(-factor), target_sums);
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
