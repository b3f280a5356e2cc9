// Schemes that clip the gradient of a loss of p_y: optimized gradient clipping and, with a threshold that
// follows a course of its own, its rivals (Ye et al., Optimized Gradient Clipping, AAAI 2025, Sec. 4 and
// Table 1).
#pragma once

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
  std::unique_ptr<Loss> clipped(double threshold) const;

 private:
  std::unique_ptr<LossPart> part_;
  MarginCurve curve_;
};

class Ogc final : public Scheme {
 public:
  Ogc(OgcOptions options, Clippable loss);

  Variable loss(const SchemeBatch& batch, const SchemeStep& step) override;
  int views(int) const override { return 1; }
  std::optional<MarginCurve> curve() const override { return loss_.clipped(threshold_.threshold())->curve(); }
  std::vector<std::pair<std::string, double>> metrics() const override;
  void save(State& state) const override { threshold_.save(state); }
  void load(const State& state) override { threshold_.load(state); }

 private:
  Clippable loss_;
  std::unique_ptr<Loss> cross_entropy_;  // what the threshold is found from
  OgcThreshold threshold_;
};

/// Clipping at a τ that follows a course of its own.
class ScheduledClipping : public Scheme {
 public:
  explicit ScheduledClipping(Clippable loss) : loss_(std::move(loss)) {}

  Variable loss(const SchemeBatch& batch, const SchemeStep& step) override;
  int views(int) const override { return 1; }
  std::optional<MarginCurve> curve() const override { return loss_.clipped(threshold_)->curve(); }
  std::vector<std::pair<std::string, double>> metrics() const override;

 protected:
  /// τ of a step; called once a step.
  virtual double next_tau(const SchemeStep& step) = 0;

 private:
  Clippable loss_;
  double tau_ = 0, threshold_ = 0;
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
  double beta_;
};

/// 1/τ(t) = α/τ(t−1) + 1 − α.
class EmaClipping final : public ScheduledClipping {
 public:
  EmaClipping(Clippable loss, double alpha) : ScheduledClipping(std::move(loss)), alpha_(alpha) {}

  void save(State& state) const override { state.put_number("scheme.inverse_tau", inverse_); }
  void load(const State& state) override { inverse_ = state.number("scheme.inverse_tau"); }

 private:
  double next_tau(const SchemeStep&) override { return 1 / (inverse_ = alpha_ * inverse_ + 1 - alpha_); }
  double alpha_;
  double inverse_ = 1e-7;  // as OGC, it begins without clipping to speak of
};

}  // namespace noisegate
