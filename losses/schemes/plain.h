// A loss as it is, and with noise on the gradients that it sends back (Chen et al. 2021, Noise against noise,
// Eq. 1 and 2): what stochastic label noise is compared with.
#pragma once

#include "losses/schemes/scheme.h"

#include <memory>
#include <utility>

namespace noisegate {

class PlainScheme : public Scheme {
 public:
  explicit PlainScheme(std::unique_ptr<Loss> loss) : loss_(std::move(loss)) {}

  Variable loss(const SchemeBatch& batch, const LossStep& step) override {
    return (*loss_)(batch.logits.front(), batch.labels, step);
  }
  int views(int) const override { return loss_->views(); }
  double l1_penalty() const override { return loss_->l1_penalty(); }
  std::optional<MarginCurve> curve(std::span<const double>) const override { return loss_->curve(); }

 private:
  std::unique_ptr<Loss> loss_;
};

/// σ_f·z, z ~ N(0, I), added to each sample's gradient to its logits (Eq. 2).
class NoiseOnLogits final : public PlainScheme {
 public:
  NoiseOnLogits(std::unique_ptr<Loss> loss, double sigma) : PlainScheme(std::move(loss)), sigma_(sigma) {}
  Variable loss(const SchemeBatch& batch, const LossStep& step) override;

 private:
  double sigma_;
};

/// Of what gradient to the parameters the noise has the deviation σ_θ. Eq. 1 is a sample's: the mean over a
/// batch of B has σ_θ/√B then.
enum class NoiseOf { batch, sample };

/// σ_θ·z, z ~ N(0, I), added to the gradient to the parameters (Eq. 1).
class NoiseOnWeights final : public PlainScheme {
 public:
  NoiseOnWeights(std::unique_ptr<Loss> loss, double sigma, NoiseOf of)
      : PlainScheme(std::move(loss)), sigma_(sigma), of_(of) {}
  Variable loss(const SchemeBatch& batch, const LossStep& step) override;

 private:
  double sigma_;
  NoiseOf of_;
};

}  // namespace noisegate
