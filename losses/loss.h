// Losses: functions of the logits of a batch and its given labels, averaged over the batch.
#pragma once

#include "engine/autograd.h"
#include "losses/loss_part.h"
#include "losses/rows/loss_step.h"

#include <memory>
#include <optional>

namespace noisegate {

class Loss {
 public:
  virtual ~Loss() = default;

  using Step = LossStep;

  /// logits (views()·N, K), view after view, labels int32 (N) in [0,K) → the mean over the batch, a scalar on
  /// the same device. One node in the graph. Throws Error where shapes do not fit or a label is out of range.
  /// Labels on the GPU are not validated (that would synchronise): validate before upload. Never
  /// synchronises.
  Variable operator()(const Variable& logits, const Tensor& labels, const Step& step = {}) const {
    return weighted(logits, labels, {}, step);
  }

  /// The same with a weight for each sample, float (N) on the device of the logits: (1/N)·Σ_i weights_i·ℓ_i,
  /// to which no gradient flows. Undefined weights are ones.
  Variable weighted(const Variable& logits, const Tensor& labels, const Tensor& weights,
                    const Step& step) const;

  /// The loss of each sample, float (N) on the device of the logits, without a graph.
  Tensor value_tensor(const Variable& logits, const Tensor& labels, const Step& step) const;

  /// The loss of each sample, values (N), and its gradients to that sample's logits, gradient (views()·N, K)
  /// or null; logits like gradient. In the precision of training, and in double.
  virtual void compute(const LossBatch& batch, const float* logits, float* values, float* gradient) const = 0;
  virtual void compute(const LossBatch& batch, const double* logits, double* values,
                       double* gradient) const = 0;
  /// The same on the GPU, with a factor of 1 and nothing before. The first call brings the tables there that
  /// the loss reads; no other waits.
  virtual void compute(const DeviceLossCall& call) const = 0;

  /// How many augmented views of each sample it compares.
  virtual int views() const { return 1; }

  /// The number of classes that it was made for, 0 for any: of a transition matrix or of label shares.
  virtual int classes() const { return 0; }

  /// ℓ and w over the margin, for losses of p_y alone.
  virtual std::optional<MarginCurve> curve() const { return std::nullopt; }

  /// The factor of Σ|θ| over the model's parameters that belongs to the loss; the optimiser applies it.
  virtual double l1_penalty() const { return 0; }

 private:
  /// Of each sample, on the device of the logits.
  struct PerSample {
    Tensor values;     // (N)
    Tensor gradients;  // like the logits; undefined where none are wanted
  };
  /// `labels` may be undefined for losses to which they mean nothing.
  PerSample per_sample(const Variable& logits, const Tensor& labels, const Step& step,
                       bool with_gradients) const;
  Variable mean(const Variable& logits, const Tensor& labels, const Tensor& weights, const Step& step) const;
  void require_fit(const Variable& logits, const Tensor& labels) const;

  friend Variable soft_cross_entropy(const Variable& logits, const Tensor& targets);
  friend Variable jensen_shannon(const Variable& logits);
};

/// Throws Error unless logits (views·N,K) and labels (N) fit, K ≥ 2, N ≥ 1, both are on one device and, if
/// that is the CPU, every label is in [0,K).
void require_labels(const Variable& logits, const Tensor& labels, int views);

/// Cross entropy with a row of targets (N,K) for each sample: mean −Σ_i t_i log p_i. No gradient flows to the
/// targets, whose rows need not sum to 1. logits (N,K).
Variable soft_cross_entropy(const Variable& logits, const Tensor& targets);

/// The Jensen-Shannon divergence ½KL(p⁽¹⁾‖m) + ½KL(p⁽²⁾‖m), m = ½(p⁽¹⁾ + p⁽²⁾), of the predictions for two
/// views of each sample, averaged over the batch: logits (2·N,K), view after view. In [0, log 2].
Variable jensen_shannon(const Variable& logits);

}  // namespace noisegate
