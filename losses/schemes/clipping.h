// Schemes that clip the gradient of a loss of p_y at a τ that follows a schedule: the rivals of optimized
// gradient clipping (Ye et al., Optimized Gradient Clipping, AAAI 2025, Sec. 4 and Table 1), which is in
// ogc.h.
#pragma once

#include "losses/schemes/scheme.h"

#include <memory>

namespace noisegate {

/// A loss of p_y, its gradient clipped at a ClipPoint that lies in memory and moves from step to step.
class ClippedLossAt {
 public:
  explicit ClippedLossAt(std::unique_ptr<PyLoss> unclipped) : unclipped_(std::move(unclipped)) {}

  const PyLoss& unclipped() const { return *unclipped_; }
  /// The mean over the batch. `point`: the numbers of a ClipPoint, in the memory of the logits' device.
  Variable operator()(const SchemeBatch& batch, const double* point);
  /// ℓ and w over the margin, clipped at these numbers of a ClipPoint.
  MarginCurve curve(std::span<const double> point) const {
    return unclipped_->clipped_curve({point[0], point[1], point[2]});
  }

 private:
  std::unique_ptr<PyLoss> unclipped_;
  std::unique_ptr<Loss> clipped_;  // at point_
  const double* point_ = nullptr;
};

/// Clipping at a τ that follows a schedule, which the host knows ahead of the step.
class ScheduledClipping : public Scheme {
 public:
  explicit ScheduledClipping(ClippedLossAt loss) : loss_(std::move(loss)) {}

  void prepare_step(StepScalars& step) override;
  Variable loss(const SchemeBatch& batch, const LossStep& step) override;
  int views(int) const override { return 1; }
  std::span<const double> curve_state() const override { return point_; }
  std::optional<MarginCurve> curve(std::span<const double> state) const override {
    if (state.empty()) return std::nullopt;
    return loss_.curve(state);
  }
  std::vector<std::pair<std::string, double>> metrics() const override {
    return {{"prob_thr", threshold_}, {"tau", tau_}};
  }
  /// All that metrics() tells is saved too: a run may be stopped between an epoch's last step and its report.
  void save(State& state) const override;
  void load(const State& state) override;

 protected:
  /// τ of a step; called once a step.
  virtual double next_tau(const StepScalars& step) = 0;

  // OGC begins without clipping to speak of, and so do they.
  double inverse_tau_ = 1e-7;

 private:
  ClippedLossAt loss_;
  double tau_ = 0, threshold_ = 0;
  std::span<const double> point_;
};

class FixedClipping final : public ScheduledClipping {
 public:
  FixedClipping(ClippedLossAt loss, double tau) : ScheduledClipping(std::move(loss)), fixed_tau_(tau) {}

 private:
  double next_tau(const StepScalars&) override { return fixed_tau_; }
  double fixed_tau_;
};

/// τ(t) = β(1 − t/T).
class LinearClipping final : public ScheduledClipping {
 public:
  LinearClipping(ClippedLossAt loss, double beta) : ScheduledClipping(std::move(loss)), beta_(beta) {}

 private:
  double next_tau(const StepScalars& step) override { return beta_ * (1 - step.progress); }
  double beta_;
};

/// 1/τ(t) = α/τ(t−1) + 1 − α.
class EmaClipping final : public ScheduledClipping {
 public:
  EmaClipping(ClippedLossAt loss, double alpha) : ScheduledClipping(std::move(loss)), alpha_(alpha) {}

 private:
  double next_tau(const StepScalars&) override {
    inverse_tau_ = alpha_ * inverse_tau_ + 1 - alpha_;
    return 1 / inverse_tau_;
  }
  double alpha_;
};

}  // namespace noisegate
