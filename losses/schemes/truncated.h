// Truncated loss (Zhang and Sabuncu 2018, Generalized Cross Entropy Loss, Sec. 3.4, Eq. 13): samples whose
// given label is too unlikely are pruned, all others are trained on, and the selection is redone every
// `every` epochs: mean_i v_i·(ℓ(p_y) − ℓ(k)) with v_i ∈ {0, 1}.
#pragma once

#include "losses/schemes/scheme.h"

#include <memory>
#include <vector>

namespace noisegate {

struct TruncationOptions {
  double k = 0.5;  // v = 1 where p_y > k, which is where ℓ(p_y) < ℓ(k)
  int from = 40;   // epochs with all samples
  int every = 10;  // epochs from one pruning to the next
};

class Truncated final : public Scheme {
 public:
  /// `loss` is one of p_y.
  Truncated(std::unique_ptr<Loss> loss, TruncationOptions options)
      : loss_(std::move(loss)), options_(options) {}

  Variable loss(const SchemeBatch& batch, const LossStep& step) override;
  /// Prunes by what the model of the best epoch says.
  void begin_epoch(int epochs_done, TrainingSetView& training_set) override;
  int views(int) const override { return 1; }
  bool needs_validation() const override { return true; }
  double l1_penalty() const override { return loss_->l1_penalty(); }
  std::vector<std::pair<std::string, double>> metrics() const override { return {{"kept", kept_share_}}; }
  void move_to(Device device) override;
  void save(State& state) const override;
  void load(const State& state) override;

 private:
  double value_at_k(std::int64_t classes) const;

  std::unique_ptr<Loss> loss_;
  TruncationOptions options_;
  Tensor kept_;  // f32 (n,1), v of each sample of the training set; undefined until the first pruning
  Device device_ = Device::cpu;
  double kept_share_ = 1;
};

}  // namespace noisegate
