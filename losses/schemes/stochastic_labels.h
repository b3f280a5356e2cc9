// Stochastic label noise (Chen et al. 2021, Noise against noise: stochastic label noise helps combat inherent
// label noise): cross entropy with the targets e_y + σ·z, z ~ N(0, I), drawn afresh for every sample and step
// (Eq. 3); and cross entropy with corrected labels, which may follow it.
#pragma once

#include "losses/schemes/label_correction.h"
#include "losses/schemes/scheme.h"

#include <memory>

namespace noisegate {

class StochasticLabels final : public Scheme {
 public:
  /// σ = 0 is cross entropy. Once labels are corrected there is no noise any more.
  StochasticLabels(std::unique_ptr<Loss> cross_entropy, double sigma, LabelCorrection correction)
      : cross_entropy_(std::move(cross_entropy)), sigma_(sigma), correction_(std::move(correction)) {}

  Variable loss(const SchemeBatch& batch, const LossStep& step) override;
  void begin_epoch(int epochs_done, TrainingSetView& training_set) override {
    correction_.begin_epoch(epochs_done, training_set);
  }
  int views(int) const override { return 1; }
  /// Cross entropy's, which the noise leaves as they are in the mean.
  std::optional<MarginCurve> curve(std::span<const double>) const override {
    return correction_.active() ? std::nullopt : cross_entropy_->curve();
  }
  std::vector<std::pair<std::string, double>> metrics() const override;
  void move_to(Device device) override { correction_.move_to(device); }
  void save(State& state) const override { correction_.save(state); }
  void load(const State& state) override { correction_.load(state); }

 private:
  std::unique_ptr<Loss> cross_entropy_;
  double sigma_;
  LabelCorrection correction_;
};

}  // namespace noisegate
