// Losses: functions of the logits of a batch and its given labels, averaged over the batch.
#pragma once

#include "engine/autograd.h"
#include "engine/registry.h"
#include "losses/loss_part.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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

/// `what` is its formula in plain text: "(1 - p^q) / q".
struct LossInfo : Description {
  bool of_margin = false;         // takes the knobs of margin_knobs() too
  bool needs_transition = false;  // takes T, see LossSetting
};

/// Every loss, without the sums.
std::vector<LossInfo> list_losses();

/// shift, scale-margin, tau and unit-weight, which bend any loss of p_y (margin_part.h).
std::vector<Parameter> margin_knobs();

/// The published sums of two losses with the parameters published for CIFAR-10, which are their defaults.
struct SumInfo {
  std::string name;      // "nce+agce"
  std::string defaults;  // "alpha=1, beta=4, a=6, q=1.5"
  std::string source;
};
std::vector<SumInfo> list_sums();

/// What some losses must know of the training set.
struct LossSetting {
  std::vector<double> label_shares;  // P(ỹ=k), for cr
  std::vector<double> transition;    // (K,K), P(given j | true i), for forward and backward
};

/// Where the transition matrix of forward and backward correction comes from, by what their `T` says.
struct TransitionRequest {
  enum class Source {
    file,      // T=matrix.npy or T=matrix.csv
    truth,     // T=true: counted from the true and the given labels of the training set
    estimate,  // T=estimate,run=DIR: from the cross-entropy model of a run
  } source;
  std::string path;  // of the file or the run
};
/// Nothing for losses that need none. Throws Error for a `T` that is missing, or names no source.
std::optional<TransitionRequest> transition_request(const Spec& spec);

/// Makes `name` or a sum `name+name` with factors alpha and beta; a part's parameter stands as `key` or,
/// where both parts or the sum have that key, as `name.key`. Throws Error for an unknown name or key, for a
/// value outside its range, and for a transition matrix that cannot be read or, for backward, inverted.
std::unique_ptr<Loss> make_loss(const Spec& spec, const LossSetting& setting = {});

/// A loss of p_y by itself, without knobs, for schemes that work on it. Throws Error for other losses, and as
/// make_loss() does.
std::unique_ptr<PyLoss> make_margin_loss(Spec spec);

/// Cross entropy with a row of targets (N,K) for each sample: mean −Σ_i t_i log p_i. No gradient flows to the
/// targets, whose rows need not sum to 1. logits (N,K).
Variable soft_cross_entropy(const Variable& logits, const Tensor& targets);

/// The Jensen-Shannon divergence ½KL(p⁽¹⁾‖m) + ½KL(p⁽²⁾‖m), m = ½(p⁽¹⁾ + p⁽²⁾), of the predictions for two
/// views of each sample, averaged over the batch: logits (2·N,K), view after view. In [0, log 2].
Variable jensen_shannon(const Variable& logits);

}  // namespace noisegate
