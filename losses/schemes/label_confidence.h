// Label confidence (Ahn et al., Sample-wise Label Confidence Incorporation for Learning with Noisy Labels,
// ICCV 2023): a noise-robust model θ that learns from everything with a robust loss ℓ, and a noise-free model
// θ*, the one that is tested, that learns with cross entropy, from each sample as far as θ trusts its label.
#pragma once

#include "losses/schemes/device_state.h"
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
  Variable loss(const SchemeBatch& batch, const SchemeStep& step) override;

  std::string companion() const override { return options_.models == 2 ? "robust" : ""; }
  /// Their parameters are held together by λ, which at first has nothing to hold.
  bool companion_starts_equal() const override { return true; }
  int views(int model) const override;
  double l1_penalty() const override { return robust_->l1_penalty(); }
  std::vector<std::pair<std::string, double>> metrics() const override {
    const ConfidenceMemory now = memory();
    return {{"confidence", now.mean_confidence}, {"mu", now.mu}};
  }
  void save(State& state) const override {
    const ConfidenceMemory now = memory();
    state.put_number("scheme.mu", now.mu);
    state.put_number("scheme.mean_confidence", now.mean_confidence);
  }
  void load(const State& state) override {
    memory_.mu = state.number("scheme.mu");
    memory_.mean_confidence = state.number("scheme.mean_confidence");
    on_device_ = {};
  }

 private:
  std::vector<double> confidences(const std::vector<float>& robust_losses);
  /// (α·N/Σ(1 − C))·C_i·ỹ_i, so that soft cross entropy, a mean over the N samples, is the sum above.
  Tensor weighted_targets(const std::vector<double>& confidences, const Tensor& labels,
                          const Variable& robust_logits, bool corrected) const;

  /// The same on the GPU.
  Tensor targets_on_device(const Variable& robust, const Variable& robust_first_view, const Tensor& labels,
                           const SchemeStep& step);
  /// As it is now, which may be on the GPU.
  ConfidenceMemory memory() const {
    return on_device_.defined() ? from_device<ConfidenceMemory>(on_device_) : memory_;
  }

  std::unique_ptr<Loss> robust_;
  LabelConfidenceOptions options_;
  ConfidenceMemory memory_{};
  Tensor on_device_;  // a ConfidenceMemory, from the first step there
};

}  // namespace noisegate
