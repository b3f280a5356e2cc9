#include "losses/schemes/truncated.h"

#include "engine/ops.h"
#include "losses/loss_kernels.h"

#include <cmath>
#include <numeric>

namespace noisegate {

Variable Truncated::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  if (logits.value().device() == Device::cuda) return loss_on_device(batch, step);
  std::vector<float> weights(batch.labels.numel(), 1.0f);
  if (!kept_.empty())
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = kept_[batch.positions[i]];
  const double kept =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  return affine(loss_->weighted(logits, batch.labels, weights, step.draw), 1,
                static_cast<float>(-value_at_k(logits.shape()[1]) * kept));
}

Variable Truncated::loss_on_device(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  const auto at_k = static_cast<float>(value_at_k(logits.shape()[1]));
  prepare(Device::cuda);
  if (kept_.empty()) return affine((*loss_)(logits, batch.labels, step.draw), 1, -at_k);
  LossKernels& kernels = loss_kernels();
  const Tensor weights =
      kernels.rows_of(kept_on_device_, batch.device_positions).reshape(batch.labels.shape());
  const Variable of_pruned(kernels.mean(weights, {}));  // what is subtracted, without a gradient
  return add(loss_->weighted(logits, batch.labels, weights, step.draw), affine(of_pruned, -at_k, 0));
}

void Truncated::prepare(Device device) {
  device_ = device;
  if (device == Device::cpu || kept_.empty() || kept_on_device_.defined()) return;
  const std::vector<float> kept(kept_.begin(), kept_.end());
  kept_on_device_ = Tensor::from(kept, {static_cast<std::int64_t>(kept.size()), 1}).to(device);
}

/// ℓ(k), where samples are pruned.
double Truncated::value_at_k(std::int64_t classes) const {
  const double margin = std::log(options_.k) - std::log1p(-options_.k);
  return (*loss_->curve())(margin, static_cast<int>(classes)).value;
}

void Truncated::begin_epoch(int epochs_done, TrainingSetView& training_set) {
  if (epochs_done < options_.from || (epochs_done - options_.from) % options_.every != 0) return;
  const NoGrad no_grad;
  const Tensor p = softmax(Variable(training_set.best_logits().to(Device::cpu))).value();
  const std::span<const std::int32_t> labels = training_set.labels();
  kept_.resize(labels.size());
  kept_on_device_ = {};
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    kept_[i] =
        p.data<float>()[static_cast<std::int64_t>(i) * training_set.classes() + labels[i]] > options_.k;
    kept += kept_[i];
  }
  kept_share_ = static_cast<double>(kept) / static_cast<double>(labels.size());
  prepare(device_);
}

void Truncated::save(State& state) const {
  if (!kept_.empty()) state.put("scheme.kept", Tensor::from(kept_));
  state.put_number("scheme.kept_share", kept_share_);
}

void Truncated::load(const State& state) {
  kept_on_device_ = {};
  if (state.has("scheme.kept")) kept_ = state.tensor("scheme.kept").to_vector<std::uint8_t>();
  kept_share_ = state.number("scheme.kept_share");
}

}  // namespace noisegate
