#include "losses/schemes/label_confidence.h"

#include "engine/ops.h"
#include "losses/loss_kernels.h"
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
  memory_.mu =
      0.7 * memory_.mu + 0.3 * std::accumulate(robust_losses.begin(), robust_losses.end(), 0.0) / samples;
  std::vector<double> confidences;
  for (const float loss : robust_losses)
    confidences.push_back(1 / (1 + std::exp(-0.5 * (memory_.mu + options_.m - loss))));
  memory_.mean_confidence = std::accumulate(confidences.begin(), confidences.end(), 0.0) / samples;
  return confidences;
}

Tensor LabelConfidence::weighted_targets(const std::vector<double>& confidences, const Tensor& labels,
                                         const Variable& robust_logits, bool corrected) const {
  const NoGrad no_grad;
  const std::int64_t classes = robust_logits.shape()[1];
  const double scale = options_.alpha / (1 - memory_.mean_confidence);  // α·N/Σ(1 − C)
  Tensor targets = corrected ? softmax(robust_logits.detach()).value() : Tensor::zeros(robust_logits.shape());
  float* row = targets.data<float>();
  for (std::size_t i = 0; i < confidences.size(); ++i, row += classes) {
    const double label_share = corrected ? 0.5 : 1, weight = scale * confidences[i];
    for (std::int64_t k = 0; k < classes; ++k) row[k] *= static_cast<float>(0.5 * weight);
    row[labels.data<std::int32_t>()[i]] += static_cast<float>(label_share * weight);
  }
  return targets;
}

Tensor LabelConfidence::targets_on_device(const Variable& robust, const Variable& robust_first_view,
                                          const Tensor& labels, const SchemeStep& step) {
  const NoGrad no_grad;
  if (!on_device_.defined()) on_device_ = to_device(memory_);
  LossKernels& kernels = loss_kernels();
  const Tensor losses = robust_->value_tensor(robust, labels, step.draw);
  const Tensor weights = kernels.confidence_weights({options_.alpha, options_.m, on_device_}, losses);
  const Tensor predictions = softmax(robust_first_view.detach()).value();
  return kernels.confident_targets(weights, labels, predictions, step.progress, options_.correct_from,
                                   step.draw.scalars);
}

Variable LabelConfidence::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const std::int64_t samples = batch.labels.numel();
  const auto first_views = [&](const Variable& logits, int views) {
    return slice(logits, 0, std::min(views * samples, logits.shape()[0]));
  };
  const Variable& noise_free = batch.logits.front();
  const Variable robust = first_views(batch.logits.back(), robust_->views());
  const auto targets = [&] {
    if (batch.labels.device() == Device::cuda)
      return targets_on_device(robust, first_views(robust, 1), batch.labels, step);
    const std::vector<double> confidence = confidences(robust_->values(robust, batch.labels, step.draw));
    return weighted_targets(confidence, batch.labels, first_views(robust, 1),
                            step.progress >= options_.correct_from);
  };

  const Variable cross_entropy = soft_cross_entropy(first_views(noise_free, 1), targets());
  Variable loss = add((*robust_)(robust, batch.labels, step.draw), cross_entropy);
  if (options_.rho > 0)
    loss = add(loss, affine(jensen_shannon(first_views(noise_free, 2)), static_cast<float>(options_.rho), 0));
  if (options_.lambda > 0 && batch.parameters.size() == 2)
    loss = add(loss, affine(squared_distance(batch.parameters[0], batch.parameters[1]),
                            static_cast<float>(options_.lambda), 0));
  return loss;
}

}  // namespace noisegate
