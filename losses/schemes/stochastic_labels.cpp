#include "losses/schemes/stochastic_labels.h"

#include "losses/loss_kernels.h"
#include "losses/loss_op.h"
#include "losses/schemes/gaussian_noise.h"

namespace noisegate {
namespace {

Tensor noisy_targets(const Shape& shape, const Tensor& labels, double sigma, Loss::Step draw) {
  if (labels.device() == Device::cuda)
    return loss_kernels().noise(shape, sigma, Purpose::stochastic_labels, draw, 0, labels);
  Tensor targets = gaussian_noise(shape, sigma, Purpose::stochastic_labels, draw, Device::cpu);
  float* row = targets.data<float>();
  const std::int32_t* label = labels.data<std::int32_t>();
  for (std::int64_t i = 0; i < shape[0]; ++i, row += shape[1]) row[label[i]] += 1;
  return targets;
}

}  // namespace

Variable StochasticLabels::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  require_labels(logits, batch.labels, 1);
  correction_.prepare(batch.labels.device());
  if (correction_.active()) return soft_cross_entropy(logits, correction_.targets(batch));
  if (sigma_ == 0) return (*cross_entropy_)(logits, batch.labels, step.draw);
  return soft_cross_entropy(logits, noisy_targets(logits.shape(), batch.labels, sigma_, step.draw));
}

std::vector<std::pair<std::string, double>> StochasticLabels::metrics() const {
  if (!correction_.active()) return {{"sigma", sigma_}};
  return {{"sigma", 0}, {"label_weight", correction_.mean_weight()}};
}

}  // namespace noisegate
