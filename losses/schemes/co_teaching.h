// Co-teaching (Han et al., Co-teaching: Robust training of deep neural networks with extremely noisy labels,
// NeurIPS 2018): two models, each of which learns from the samples of the batch that have the smallest losses
// in the eyes of the other.
#pragma once

#include "losses/schemes/scheme.h"

#include <memory>

namespace noisegate {

struct CoTeachingOptions {
  double forget = 0.4;  // share of a batch that is left out in the end: the noise rate
  int ramp = 10;        // epochs over which that share rises from 0, in a line
};

class CoTeaching final : public Scheme {
 public:
  CoTeaching(std::unique_ptr<Loss> loss, CoTeachingOptions options)
      : loss_(std::move(loss)), options_(options) {}

  /// The sum of both models' losses, each a mean over the samples that were chosen for it.
  Variable loss(const SchemeBatch& batch, const LossStep& step) override;
  /// The share to forget is set by epochs: R(T) = forget·min(T/ramp, 1) in epoch T, counted from 0.
  void begin_epoch(int epochs_done, TrainingSetView& training_set) override;

  std::string companion() const override { return "peer"; }
  int views(int) const override { return loss_->views(); }
  double l1_penalty() const override { return loss_->l1_penalty(); }
  std::vector<std::pair<std::string, double>> metrics() const override { return {{"forgotten", forgotten_}}; }
  void save(State& state) const override { state.put_number("scheme.forgotten", forgotten_); }
  void load(const State& state) override { forgotten_ = state.number("scheme.forgotten"); }

 private:
  std::unique_ptr<Loss> loss_;
  CoTeachingOptions options_;
  double forgotten_ = 0;
};

}  // namespace noisegate
