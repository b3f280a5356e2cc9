#include "losses/schemes/label_confidence.h"

#include "engine/ops.h"
#include "losses/schemes/parameter_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace noisegate {

int LabelConfidence::views(int model) const {
  const int of_robust = robust_->views(), of_noise_free = options_.rho > 0 ? 2 : 1;
  if (options_.models == 1) return std::max(of_robust, of_noise_free);
  return model == 0 ? of_noise_free : of_robust;
}

std::vector<double> LabelConfidence::confidences(const std::vector<float>& robust_losses) {
  const auto samples = static_cast<double>(robust_losses.size());
  mu_ = 0.7 * mu_ + 0.3 * std::accumulate(robust_losses.begin(), robust_losses.end(), 0.0) / samples;
  std::vector<double> confidences;
  for (const float loss : robust_losses)
    confidences.push_back(1 / (1 + std::exp(-0.5 * (mu_ + options_.m - loss))));
  mean_confidence_ = std::accumulate(confidences.begin(), confidences.end(), 0.0) / samples;
  return confidences;
}

Tensor LabelConfidence::weighted_targets(const std::vector<double>& confidences, const Tensor& labels,
                                         const Variable& robust_logits, bool corrected) const {
  const NoGrad no_grad;
  const std::int64_t classes = robust_logits.shape()[1];
  const double scale = options_.alpha / (1 - mean_confidence_);  // α·N/Σ(1 − C)
  Tensor targets = corrected ? softmax(robust_logits.detach()).value() : Tensor::zeros(robust_logits.shape());
  float* row = targets.data<float>();
  for (std::size_t i = 0; i < confidences.size(); ++i, row += classes) {
    const double label_share = corrected ? 0.5 : 1, weight = scale * confidences[i];
    for (std::int64_t k = 0; k < classes; ++k) row[k] *= static_cast<float>(0.5 * weight);
    row[labels.data<std::int32_t>()[i]] += static_cast<float>(label_share * weight);
  }
  return targets;
}

Variable LabelConfidence::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const std::int64_t samples = batch.labels.numel();
  const auto first_views = [&](const Variable& logits, int views) {
    return slice(logits, 0, std::min(views * samples, logits.shape()[0]));
  };
  const Variable& noise_free = batch.logits.front();
  const Variable robust = first_views(batch.logits.back(), robust_->views());
  const std::vector<double> confidence = confidences(robust_->values(robust, batch.labels, step.draw));
  const bool corrected = step.progress >= options_.correct_from;

  const Variable cross_entropy =
      soft_cross_entropy(first_views(noise_free, 1),
                         weighted_targets(confidence, batch.labels, first_views(robust, 1), corrected));
  Variable loss = add((*robust_)(robust, batch.labels, step.draw), cross_entropy);
  if (options_.rho > 0)
    loss = add(loss, affine(jensen_shannon(first_views(noise_free, 2)), static_cast<float>(options_.rho), 0));
  if (options_.lambda > 0 && batch.parameters.size() == 2)
    loss = add(loss, affine(squared_distance(batch.parameters[0], batch.parameters[1]),
                            static_cast<float>(options_.lambda), 0));
  return loss;
}

}  // namespace noisegate
