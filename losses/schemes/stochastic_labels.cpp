#include "losses/schemes/stochastic_labels.h"

#include "losses/schemes/kernels/scheme_kernels.h"
#include "losses/sum_loss.h"

namespace noisegate {

Variable StochasticLabels::loss(const SchemeBatch& batch, const LossStep& step) {
  const Variable& logits = batch.logits.front();
  require_labels(logits, batch.labels, 1);
  if (correction_.active()) return soft_cross_entropy(logits, correction_.targets(batch));
  if (sigma_ == 0) return (*cross_entropy_)(logits, batch.labels, step);
  const Tensor noisy_targets =
      scheme_kernels(logits.value().device())
          .noise(logits.shape(), sigma_, Purpose::stochastic_labels, step, 0, batch.labels);
  return soft_cross_entropy(logits, noisy_targets);
}

std::vector<std::pair<std::string, double>> StochasticLabels::metrics() const {
  if (!correction_.active()) return {{"sigma", sigma_}};
  return {{"sigma", 0}, {"label_weight", correction_.mean_weight()}};
}

}  // namespace noisegate
