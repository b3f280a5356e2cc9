// Label confidence (Ahn et al., Sample-wise Label Confidence Incorporation for Learning with Noisy Labels,
// ICCV 2023): a noise-robust model θ that learns from everything with a robust loss ℓ, and a noise-free model
// θ*, the one that is tested, that learns with cross entropy, from each sample as far as θ trusts its label.
#pragma once

#include "engine/device_value.h"
#include "losses/schemes/kernels/confidence.h"
#include "losses/schemes/scheme.h"

#include <memory>
#include <vector>

namespace noisegate {

struct LabelConfidenceOptions {
  int models = 2;              // 1: θ* is θ (the ablation of Table 2)
  double alpha = 1;            // of the cross entropy
  double lambda = 1e-4;        // of ‖θ − θ*‖²
  double rho = 1;              // of the divergence between θ*'s predictions for two views; 0: one view only
  double m = 0;                // raises every confidence
  double correct_from = 0.25;  // share of the training from which labels are corrected; 1: never
};

class LabelConfidence final : public Scheme {
 public:
  LabelConfidence(std::unique_ptr<Loss> robust, LabelConfidenceOptions options)
      : robust_(std::move(robust)), options_(options) {}

  /// mean ℓ(f(x'; θ), y) + α·Σ C·ce(f(x'; θ*), ỹ)/Σ(1 − C) + ρ·mean JSD(f(x'; θ*), f(x''; θ*)) + λ‖θ − θ*‖²
  /// (Eq. 7 to 9), C = sigmoid(½(μ + m − ℓ(f(x'; θ), y))) (Eq. 6), to which no gradient flows, μ ← 0.7·μ +
  /// 0.3·mean ℓ before it, ỹ = ½e_y + ½f(x'; θ) where labels are corrected, else e_y (Algorithm 1).
  Variable loss(const SchemeBatch& batch, const LossStep& step) override;

  std::string companion() const override { return options_.models == 2 ? "robust" : ""; }
  /// Their parameters are held together by λ, which at first has nothing to hold.
  bool companion_starts_equal() const override { return true; }
  int views(int model) const override;
  double l1_penalty() const override { return robust_->l1_penalty(); }
  std::vector<std::pair<std::string, double>> metrics() const override {
    const ConfidenceState now = memory_.get();
    return {{"confidence", now.mean_confidence}, {"mu", now.mu}};
  }
  void move_to(Device device) override { memory_.move_to(device); }
  void save(State& state) const override {
    const ConfidenceState now = memory_.get();
    state.put_number("scheme.mu", now.mu);
    state.put_number("scheme.mean_confidence", now.mean_confidence);
  }
  void load(const State& state) override {
    memory_.set({state.number("scheme.mu"), state.number("scheme.mean_confidence")});
  }

 private:
  /// (α·N/Σ(1 − C))·C_i·ỹ_i, so that soft cross entropy, a mean over the N samples, is the sum above.
  Tensor targets(const Variable& robust, const Variable& robust_first_view, const Tensor& labels,
                 const LossStep& step);

  std::unique_ptr<Loss> robust_;
  LabelConfidenceOptions options_;
  DeviceValue<ConfidenceState> memory_;
};

}  // namespace noisegate
