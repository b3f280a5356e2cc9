// Training schemes: how a step's loss comes from logits and labels where that takes more than a loss, because
// it depends on what training has seen so far.
#pragma once

#include "losses/loss.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

/// What a scheme is told of a step.
struct SchemeStep {
  double learning_rate = 0;
  double progress = 0;  // share of the training's steps that are done, in [0, 1)
  Loss::Step draw;      // of the losses that draw random labels
};

class Scheme {
 public:
  virtual ~Scheme() = default;

  /// The step's loss, a scalar, of logits (views()·N,K) and labels (N); see Loss. Called once a step, in
  /// order: it moves the scheme on.
  virtual Variable loss(const Variable& logits, const Tensor& labels, const SchemeStep& step) = 0;

  virtual int views() const { return 1; }
  virtual double l1_penalty() const { return 0; }
  /// ℓ and w over the margin as the last step had them; nothing where its loss depends on more than p_y.
  virtual std::optional<MarginCurve> curve() const { return std::nullopt; }
  /// What it has to tell after a step, by the names that metrics.jsonl has: {"tau", 3.5}.
  virtual std::vector<std::pair<std::string, double>> metrics() const { return {}; }
};

struct SchemeInfo {
  std::string name, description, source;
  std::vector<std::string> parameters;  // "epsilon=20: what it is"
};
std::vector<SchemeInfo> list_schemes();

/// `none` trains with the loss as it is; list_schemes() says what else there is. `loss` is what --loss names;
/// the scheme's own `loss=` wins. Throws Error for an unknown name, key or value, and for a loss that the
/// scheme cannot wrap.
std::unique_ptr<Scheme> make_scheme(Spec scheme, Spec loss, const LossSetting& setting = {});

}  // namespace noisegate
