#pragma once

#include "losses/loss.h"
#include "losses/parts.h"
#include "losses/rows/for_each_block.h"

#include <vector>

namespace noisegate {

/// A loss that compares two views of each sample; `Rule` is one of TwoViewLosses, whose
///   template <class Block> void add_to(Block& first, Block& second) const
/// adds the value to the first view's block and the gradients to both.
template <class Rule>
class TwoViewLoss final : public Loss {
 public:
  explicit TwoViewLoss(Rule rule) : rule_(rule) {}

  void compute(const LossBatch& batch, const float* logits, float* values, float* gradient) const override {
    add_views<Lanes>(batch, logits, values, gradient);
  }
  void compute(const LossBatch& batch, const double* logits, double* values,
               double* gradient) const override {
    add_views<double>(batch, logits, values, gradient);
  }
  void compute(const DeviceLossCall& call) const override { run_on_device(rule_, call); }
  int views() const override { return 2; }

 private:
  template <class P>
  void add_views(const LossBatch& batch, const Scalar<P>* logits, Scalar<P>* values,
                 Scalar<P>* gradient) const {
    const std::int64_t view = static_cast<std::int64_t>(batch.labels.size()) * batch.classes;
    for_each_block<P>(batch, 2, [&](std::vector<RowBlock<P>>& blocks, std::int64_t first, int count) {
      blocks[0].load(logits, first, count);
      blocks[1].load(logits + view, first, count);
      for (RowBlock<P>& block : blocks) block.normalise();
      rule_.add_to(blocks[0], blocks[1]);
      blocks[0].finish(values, gradient);
      blocks[1].finish(nullptr, gradient ? gradient + view : nullptr);
    });
  }

  Rule rule_;
};

}  // namespace noisegate
