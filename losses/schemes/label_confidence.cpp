#include "losses/schemes/label_confidence.h"

#include "engine/ops.h"
#include "losses/schemes/kernels/scheme_kernels.h"
#include "losses/schemes/parameter_distance.h"

#include <algorithm>

namespace noisegate {

int LabelConfidence::views(int model) const {
  const int of_robust = robust_->views(), of_noise_free = options_.rho > 0 ? 2 : 1;
  if (options_.models == 1) return std::max(of_robust, of_noise_free);
  return model == 0 ? of_noise_free : of_robust;
}

Tensor LabelConfidence::targets(const Variable& robust, const Variable& robust_first_view,
                                const Tensor& labels, const LossStep& step) {
  const NoGrad no_grad;
  SchemeKernels& kernels = scheme_kernels(labels.device());
  const Tensor losses = robust_->value_tensor(robust, labels, step);
  const Tensor weights = kernels.confidence_weights(options_.alpha, options_.m, memory_, losses);
  const Tensor predictions = softmax(robust_first_view.detach()).value();
  return kernels.confident_targets(weights, labels, predictions, options_.correct_from, step.scalars);
}

Variable LabelConfidence::loss(const SchemeBatch& batch, const LossStep& step) {
  const std::int64_t samples = batch.labels.numel();
  const auto first_views = [&](const Variable& logits, int views) {
    return slice(logits, 0, std::min(views * samples, logits.shape()[0]));
  };
  const Variable& noise_free = batch.logits.front();
  const Variable robust = first_views(batch.logits.back(), robust_->views());
  const Variable cross_entropy = soft_cross_entropy(
      first_views(noise_free, 1), targets(robust, first_views(robust, 1), batch.labels, step));
  Variable loss = add((*robust_)(robust, batch.labels, step), cross_entropy);
  if (options_.rho > 0)
    loss = add(loss, affine(jensen_shannon(first_views(noise_free, 2)), static_cast<float>(options_.rho), 0));
  if (options_.lambda > 0 && batch.parameters.size() == 2)
    loss = add(loss, affine(squared_distance(batch.parameters[0], batch.parameters[1]),
                            static_cast<float>(options_.lambda), 0));
  return loss;
}

}  // namespace noisegate
