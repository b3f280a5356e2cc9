// Schemes that clip the gradient of a loss of p_y: optimized gradient clipping and, with a threshold that
// follows a course of its own, its rivals (Ye et al., Optimized Gradient Clipping, AAAI 2025, Sec. 4 and
// Table 1).
#pragma once

#include "losses/schemes/device_state.h"
#include "losses/schemes/ogc.h"
#include "losses/schemes/scheme.h"

#include <functional>
#include <memory>

namespace noisegate {

/// A loss of p_y that can be clipped, by the probability P where clipping begins.
class Clippable {
 public:
  explicit Clippable(std::unique_ptr<LossPart> part) : part_(std::move(part)), curve_(*part_->curve()) {}

  double steepness(double p) const;  // |ℓ'(p)|, which falls in p
  std::unique_ptr<Loss> clipped(const ClipPoint& at) const;

  ClipPoint point_at(double threshold) const { return part_->point_at(threshold); }
  // On the GPU, where the ClipPoint is three floats of its memory.
  static Tensor point_on_device(const ClipPoint& at);
  static ClipPoint point_from_device(std::span<const float> point) { return {point[0], point[1], point[2]}; }
  Variable clipped_on_device(const SchemeBatch& batch, const Tensor& point) const;
  void move_point(const ClipCourse& course) const { part_->move_point(course); }

 private:
  std::unique_ptr<LossPart> part_;
  MarginCurve curve_;
};

/// On the GPU the threshold lives there from the first step on.
class Ogc final : public Scheme {
 public:
  Ogc(OgcOptions options, Clippable loss);

  Variable loss(const SchemeBatch& batch, const SchemeStep& step) override;
  int views(int) const override { return 1; }
  std::optional<MarginCurve> curve() const override {
    return loss_.clipped(loss_.point_at(now().threshold()))->curve();
  }
  Tensor curve_state() const override { return on_device_ ? on_device_->point : Tensor(); }
  std::optional<MarginCurve> curve(std::span<const float> state) const override {
    return state.empty() ? curve() : loss_.clipped(Clippable::point_from_device(state))->curve();
  }
  std::vector<std::pair<std::string, double>> metrics() const override;
  void save(State& state) const override { now().save(state); }
  void load(const State& state) override {
    threshold_.load(state);
    on_device_.reset();
  }

 private:
  Variable loss_on_device(const SchemeBatch& batch, const SchemeStep& step);
  DeviceOgc to_device() const;
  /// As it is now, which may be on the GPU.
  OgcThreshold now() const;

  Clippable loss_;
  std::unique_ptr<Loss> cross_entropy_;  // what the threshold is found from
  OgcThreshold threshold_;
  std::optional<DeviceOgc> on_device_;
};

/// Clipping at a τ that follows a course of its own.
class ScheduledClipping : public Scheme {
 public:
  explicit ScheduledClipping(Clippable loss) : loss_(std::move(loss)) {}

  Variable loss(const SchemeBatch& batch, const SchemeStep& step) override;
  int views(int) const override { return 1; }
  std::optional<MarginCurve> curve() const override { return loss_.clipped(point_of(now()))->curve(); }
  Tensor curve_state() const override { return point_; }
  std::optional<MarginCurve> curve(std::span<const float> state) const override {
    return state.empty() ? curve() : loss_.clipped(Clippable::point_from_device(state))->curve();
  }
  std::vector<std::pair<std::string, double>> metrics() const override;
  /// All that metrics() tells is saved too: a run may be stopped between an epoch's last step and its report.
  void save(State& state) const override;
  void load(const State& state) override;

 protected:
  /// τ of a step; called once a step.
  virtual double next_tau(const SchemeStep& step) = 0;
  /// The same for the GPU; nothing where τ stays what it is.
  virtual std::optional<ClipCourse> course() const { return std::nullopt; }

  /// What was left by the last step, which may be on the GPU.
  ClipMemory now() const { return on_device_.defined() ? from_device<ClipMemory>(on_device_) : memory_; }
  // OGC begins without clipping to speak of, and so do they.
  ClipMemory memory_{.inverse_tau = 1e-7, .tau = 0, .threshold = 0};

 private:
  Variable loss_on_device(const SchemeBatch& batch, const SchemeStep& step);
  ClipPoint point_of(const ClipMemory& memory) const {
    return no_steeper(loss_.point_at(memory.threshold), memory.tau);
  }

  Clippable loss_;
  Tensor on_device_, point_;  // a ClipMemory and a ClipPoint, from the first step there
};

class FixedClipping final : public ScheduledClipping {
 public:
  FixedClipping(Clippable loss, double tau) : ScheduledClipping(std::move(loss)), tau_(tau) {}

 private:
  double next_tau(const SchemeStep&) override { return tau_; }
  double tau_;
};

/// τ(t) = β(1 − t/T).
class LinearClipping final : public ScheduledClipping {
 public:
  LinearClipping(Clippable loss, double beta) : ScheduledClipping(std::move(loss)), beta_(beta) {}

 private:
  double next_tau(const SchemeStep& step) override { return beta_ * (1 - step.progress); }
  std::optional<ClipCourse> course() const override {
    return ClipCourse{ClipCourse::Kind::linear, beta_, 0, nullptr, {}, {}};
  }
  double beta_;
};

/// 1/τ(t) = α/τ(t−1) + 1 − α.
class EmaClipping final : public ScheduledClipping {
 public:
  EmaClipping(Clippable loss, double alpha) : ScheduledClipping(std::move(loss)), alpha_(alpha) {}

 private:
  double next_tau(const SchemeStep&) override {
    memory_.inverse_tau = alpha_ * memory_.inverse_tau + 1 - alpha_;
    return 1 / memory_.inverse_tau;
  }
  std::optional<ClipCourse> course() const override {
    return ClipCourse{ClipCourse::Kind::ema, alpha_, 0, nullptr, {}, {}};
  }
  double alpha_;
};

}  // namespace noisegate
