#pragma once

#include "losses/rows/loss_entry.h"
#include "losses/rows/target_rule.h"

#include <cstdint>

namespace noisegate {

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

  static LossEntry<PeerTargets> entry() {
    return {{"peer",
             "ce(s,y) - lambda ce(s_n,y_m), n and m random",
             "Liu and Guo, Peer Loss Functions, ICML 2020",
             {parameter::number("lambda", 1, {0, 1e6})}},
            [](const LossValues& v) { return PeerTargets{v["lambda"]}; }};
  }
};

}  // namespace noisegate
