#include "losses/schemes/truncated.h"

#include "engine/ops.h"
#include "losses/loss_kernels.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <vector>

namespace noisegate {

Variable Truncated::loss(const SchemeBatch& batch, const LossStep& step) {
  const Variable& logits = batch.logits.front();
  const auto at_k = static_cast<float>(value_at_k(logits.shape()[1]));
  if (!kept_.defined()) return affine((*loss_)(logits, batch.labels, step), 1, -at_k);
  const Device device = kept_.device();
  const Tensor weights = scheme_kernels(device).rows_of(kept_, batch.indices).reshape(batch.labels.shape());
  const Variable mean_weight(loss_kernels(device).mean(weights, {}));  // without a gradient
  return add(loss_->weighted(logits, batch.labels, weights, step), affine(mean_weight, -at_k, 0));
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
  Tensor keeps = Tensor::empty({static_cast<std::int64_t>(labels.size()), 1});
  double kept = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t at = static_cast<std::int64_t>(i) * training_set.classes() + labels[i];
    keeps.data<float>()[i] = p.data<float>()[at] > options_.k ? 1 : 0;
    kept += keeps.data<float>()[i];
  }
  kept_share_ = kept / static_cast<double>(labels.size());
  kept_ = keeps.to(device_);
}

void Truncated::move_to(Device device) {
  device_ = device;
  if (kept_.defined()) kept_ = kept_.to(device);
}

void Truncated::save(State& state) const {
  state.put_number("scheme.kept_share", kept_share_);
  if (!kept_.defined()) return;
  const std::vector<float> kept = kept_.to_vector<float>();
  state.put("scheme.kept", Tensor::from(std::vector<std::uint8_t>(kept.begin(), kept.end())));
}

void Truncated::load(const State& state) {
  kept_share_ = state.number("scheme.kept_share");
  if (!state.has("scheme.kept")) return;
  const std::vector<std::uint8_t> kept = state.tensor("scheme.kept").to_vector<std::uint8_t>();
  const std::vector<float> keeps(kept.begin(), kept.end());
  kept_ = Tensor::from(keeps, {std::ssize(keeps), 1}).to(device_);
}

}  // namespace noisegate
