#pragma once

#include "losses/loss.h"
#include "losses/loss_part.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace noisegate {

struct WeightedPart {
  double factor;
  std::unique_ptr<LossPart> loss;
};

class SumLoss final : public Loss {
 public:
  explicit SumLoss(std::vector<WeightedPart> parts, double l1_penalty = 0, int classes = 0)
      : parts_(std::move(parts)), l1_penalty_(l1_penalty), classes_(classes) {
    needs_softmax_ = std::ranges::any_of(parts_, [](const auto& part) { return part.loss->needs_softmax(); });
  }

  void compute(const LossBatch& batch, const float* logits, float* values, float* gradient) const override;
  void compute(const LossBatch& batch, const double* logits, double* values, double* gradient) const override;
  void compute(const DeviceLossCall& call) const override;
  std::optional<MarginCurve> curve() const override;
  int classes() const override { return classes_; }
  double l1_penalty() const override { return l1_penalty_; }

 private:
  template <class P>
  void add_parts(const LossBatch& batch, const math::Scalar<P>* logits, math::Scalar<P>* values,
                 math::Scalar<P>* gradient) const;

  std::vector<WeightedPart> parts_;
  double l1_penalty_;
  int classes_;
  bool needs_softmax_;
};

/// The loss that is this part alone.
std::unique_ptr<Loss> loss_of(std::unique_ptr<LossPart> part);

}  // namespace noisegate
