// Losses that are cross entropy with a row of targets in the label's place, −Σ_i t_i log p_i, where the
// targets follow from the label. Of a sample of the batch, a functor's of() gives `own`, the label's target,
// and others(i), those of the classes from i on, as many as P has lanes; what that says at the label and
// beyond the last class is not used.
#pragma once

#include "engine/random.h"
#include "losses/in_both_precisions.h"
#include "losses/loss_part.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace noisegate {

/// A sample whose targets stand in a row of memory.
template <class P>
struct TargetRow {
  Scalar<P> own;
  const Scalar<P>* row;

  P others(int i) const { return RowBlock<P>::read(row + i); }
};

/// Confidence regulariser, ce + λ·Σ_k P(ỹ=k) log p_k (Cheng et al. 2021), so t = e_y − λ·P.
class ConfidenceRegularizer {
 public:
  /// `shares` is P(ỹ=k), the shares of the labels in the training set.
  ConfidenceRegularizer(double lambda, std::vector<double> shares) {
    for (double& share : shares) share *= -lambda;
    targets_ = InBothPrecisions(shares, static_cast<int>(shares.size()));
  }

  template <class P>
  TargetRow<P> of(const LossBatch& batch, std::int64_t sample) const {
    const Scalar<P>* row = targets_.row(0, Scalar<P>{});
    return {1 + row[batch.labels[sample]], row};
  }

 private:
  InBothPrecisions targets_;  // −λ·P
};

/// Peer loss with cross entropy, ce(s, y) − λ·ce(s_n, y_m) with n and m random (Liu and Guo 2020). n runs
/// through the batch as a permutation would, so each sample meets one label y_m drawn from the batch:
/// t = e_y − λ·e_{y_m}. The draw is fresh for every (seed, Purpose::peer_sampling, step, sample).
struct PeerLoss {
  double lambda;

  template <class P>
  struct Sample {
    Scalar<P> own;
    std::int32_t peer;
    Scalar<P> lambda;

    P others(int i) const {
      P targets{};
      if (peer >= i && peer < i + RowBlock<P>::lanes) RowBlock<P>::set(targets, peer - i, -lambda);
      return targets;
    }
  };

  template <class P>
  Sample<P> of(const LossBatch& batch, std::int64_t sample) const {
    Philox random(batch.seed, Purpose::peer_sampling, batch.step, static_cast<std::uint32_t>(sample));
    const std::int32_t peer = batch.labels[random.below(static_cast<std::uint32_t>(batch.labels.size()))];
    const auto factor = static_cast<Scalar<P>>(lambda);
    return {peer == batch.labels[sample] ? 1 - factor : 1, peer, factor};
  }
};

/// Backward correction, Σ_j (T⁻¹)_{yj} ce(j): row y of the inverse as targets (Patrini et al. 2017).
class BackwardCorrection {
 public:
  BackwardCorrection(const std::vector<double>& inverse, int classes) : inverse_(inverse, classes) {}

  template <class P>
  TargetRow<P> of(const LossBatch& batch, std::int64_t sample) const {
    const std::int32_t y = batch.labels[sample];
    const Scalar<P>* row = inverse_.row(y, Scalar<P>{});
    return {row[y], row};
  }

 private:
  InBothPrecisions inverse_;
};

/// Rows of targets (N,K) given by the caller, whatever the labels: stochastic label noise, corrected labels.
struct GivenTargets {
  const float* rows;

  template <class P>
  struct Sample {
    Scalar<P> own;
    const float* row;
    int classes;

    P others(int i) const {
      P targets{};
      const int count = std::min(RowBlock<P>::lanes, classes - i);
      for (int lane = 0; lane < count; ++lane) RowBlock<P>::set(targets, lane, row[i + lane]);
      return targets;
    }
  };

  template <class P>
  Sample<P> of(const LossBatch& batch, std::int64_t sample) const {
    const float* row = rows + sample * batch.classes;
    return {row[batch.labels[sample]], row, batch.classes};
  }
};

/// `F` is one of the functors above.
template <class F>
class TargetPart final : public LossPartOf<TargetPart<F>> {
 public:
  explicit TargetPart(F loss) : loss_(std::move(loss)) {}

  template <class P>
  void add_to(RowBlock<P>& block, Scalar<P> factor) const {
    using T = Scalar<P>;
    T* slopes = block.new_slopes();
    const int end = block.stride;
    P own{}, sums{}, target_sums{};
    for (int row = 0; row < block.rows; ++row) {
      const auto sample = loss_.template of<P>(block.batch, block.first_row + row);
      const auto others = block.others(row);
      P sum{}, target_sum{};
      for (int i = 0; i < end; i += block.lanes) {
        const P targets = math::select(others.exist(i), sample.others(i), P{});
        sum += targets * others.log_p(i);
        target_sum += targets;
        block.write(slopes + row * end + i, targets);
      }
      block.set(own, row, sample.own);
      block.set(sums, row, block.sum(sum));
      block.set(target_sums, row, block.sum(target_sum));
    }
    block.value -= (sums + own * block.label.log_p) * factor;
    block.own -= own * factor;
    block.add_direct(math::constant<P>(-factor), target_sums);
  }

 private:
  F loss_;
};

}  // namespace noisegate
