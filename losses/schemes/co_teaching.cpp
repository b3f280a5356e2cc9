#include "losses/schemes/co_teaching.h"

#include "engine/ops.h"
#include "losses/loss_kernels.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace noisegate {
namespace {

/// Weights that make a mean over the batch one over the `count` smallest values: N/count for these, 0 for the
/// others. Of equal values the first counts as the smallest.
std::vector<float> weights_of_smallest(const std::vector<float>& values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<float> weights(values.size());
  const float weight = static_cast<float>(values.size()) / static_cast<float>(count);
  for (std::size_t i = 0; i < count; ++i) weights[order[i]] = weight;
  return weights;
}

}  // namespace

Variable CoTeaching::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const auto samples = static_cast<double>(batch.labels.numel());
  const auto count = static_cast<std::size_t>(std::max(1.0, (1 - forgotten_) * samples));
  const auto taught_by = [&](int teacher, int pupil) {
    const Tensor values = loss_->value_tensor(batch.logits[teacher], batch.labels, step.draw);
    const Tensor weights = values.device() == Device::cuda
                               ? loss_kernels().weights_of_smallest(values, static_cast<std::int64_t>(count))
                               : Tensor::from(weights_of_smallest(values.to_vector<float>(), count));
    return loss_->weighted(batch.logits[pupil], batch.labels, weights, step.draw);
  };
  return add(taught_by(1, 0), taught_by(0, 1));
}

void CoTeaching::begin_epoch(int epochs_done, TrainingSetView&) {
  forgotten_ = options_.forget * std::min(1.0, static_cast<double>(epochs_done) / options_.ramp);
}

}  // namespace noisegate
