// Losses that are cross entropy with a row of targets in the label's place, −Σ_i t_i log p_i, where the
// targets follow from the label. A functor's fill() writes the K targets of one sample of the batch.
#pragma once

#include "engine/random.h"
#include "losses/in_both_precisions.h"
#include "losses/loss_part.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace noisegate {

/// Confidence regulariser, ce + λ·Σ_k P(ỹ=k) log p_k (Cheng et al. 2021), so t = e_y − λ·P.
class ConfidenceRegularizer {
 public:
  /// `prior` is P(ỹ=k); empty: the shares of the labels in the batch.
  ConfidenceRegularizer(double lambda, std::vector<double> prior) : lambda_(lambda) {
    for (double& share : prior) share *= -lambda;
    prior_ = InBothPrecisions(prior);
  }

  template <class T>
  void fill(const LossBatch& batch, std::int64_t sample, T* targets) const {
    if (prior_.empty()) {
      std::fill_n(targets, batch.classes, T{});
      const T share = static_cast<T>(-lambda_ / static_cast<double>(batch.labels.size()));
      for (const std::int32_t label : batch.labels) targets[label] += share;
    } else {
      std::copy_n(prior_.data(T{}), batch.classes, targets);
    }
    targets[batch.labels[sample]] += 1;
  }

 private:
  double lambda_;
  InBothPrecisions prior_;  // times −λ
};

/// Peer loss with cross entropy, ce(s, y) − λ·ce(s_n, y_m) with n and m random (Liu and Guo 2020). n
/// runs through the batch as a permutation would, so each sample meets one label y_m drawn from the batch:
/// t = e_y − λ·e_{y_m}. The draw is fresh for every (seed, Purpose::peer_sampling, step, sample).
struct PeerLoss {
  double lambda;

  template <class T>
  void fill(const LossBatch& batch, std::int64_t sample, T* targets) const {
    Philox random(batch.seed, Purpose::peer_sampling, batch.step, static_cast<std::uint32_t>(sample));
    const std::uint32_t peer = random.below(static_cast<std::uint32_t>(batch.labels.size()));
    std::fill_n(targets, batch.classes, T{});
    targets[batch.labels[sample]] += 1;
    targets[batch.labels[peer]] -= static_cast<T>(lambda);
  }
};

/// Backward correction, Σ_j (T⁻¹)_{yj} ce(j): row y of the inverse as targets (Patrini et al. 2017).
struct BackwardCorrection {
  InBothPrecisions inverse;  // (K,K)

  template <class T>
  void fill(const LossBatch& batch, std::int64_t sample, T* targets) const {
    std::copy_n(inverse.data(T{}) + std::int64_t{batch.labels[sample]} * batch.classes, batch.classes,
                targets);
  }
};

/// Rows of targets (N,K) given by the caller, whatever the labels: stochastic label noise, corrected labels.
template <class Value>
struct GivenTargets {
  const Value* rows;

  template <class T>
  void fill(const LossBatch& batch, std::int64_t sample, T* targets) const {
    const Value* row = rows + sample * batch.classes;
    for (int i = 0; i < batch.classes; ++i) targets[i] = static_cast<T>(row[i]);
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
    P own{}, sums{}, target_sums{};
    for (int row = 0; row < block.rows; ++row) {
      T* targets = slopes + row * block.stride;
      loss_.fill(block.batch, block.first_row + row, targets);
      std::fill(targets + block.batch.classes, targets + block.stride, T{});
      block.set(own, row, std::exchange(targets[block.label_of(row)], T{}));
      const auto others = block.others(row);
      P sum{}, target_sum{};
      for (int i = 0, end = block.stride; i < end; i += block.lanes) {
        const P target = block.read(targets + i);
        sum += target * others.log_p(i);
        target_sum += target;
      }
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
