#include "losses/schemes/co_teaching.h"

#include "engine/ops.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <algorithm>
#include <cstdint>

namespace noisegate {

Variable CoTeaching::loss(const SchemeBatch& batch, const LossStep& step) {
  const auto samples = static_cast<double>(batch.labels.numel());
  const auto count = static_cast<std::int64_t>(std::max(1.0, (1 - forgotten_) * samples));
  const auto taught_by = [&](int teacher, int pupil) {
    const Tensor values = loss_->value_tensor(batch.logits[teacher], batch.labels, step);
    const Tensor weights = scheme_kernels(values.device()).weights_of_smallest(values, count);
    return loss_->weighted(batch.logits[pupil], batch.labels, weights, step);
  };
  return add(taught_by(1, 0), taught_by(0, 1));
}

void CoTeaching::begin_epoch(int epochs_done, TrainingSetView&) {
  forgotten_ = options_.forget * std::min(1.0, static_cast<double>(epochs_done) / options_.ramp);
}

}  // namespace noisegate
