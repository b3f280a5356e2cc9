#include "losses/schemes/truncated.h"

#include "engine/ops.h"

#include <cmath>
#include <numeric>

namespace noisegate {

Variable Truncated::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  std::vector<float> weights(batch.labels.numel(), 1.0f);
  if (!kept_.empty())
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = kept_[batch.positions[i]];
  const double margin_at_k = std::log(options_.k) - std::log1p(-options_.k);
  const double at_k = (*loss_->curve())(margin_at_k, static_cast<int>(logits.shape()[1])).value;
  const double kept =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  return affine(loss_->weighted(logits, batch.labels, weights, step.draw), 1,
                static_cast<float>(-at_k * kept));
}

void Truncated::begin_epoch(int epochs_done, TrainingSetView& training_set) {
  if (epochs_done < options_.from || (epochs_done - options_.from) % options_.every != 0) return;
  const NoGrad no_grad;
  const Tensor p = softmax(Variable(training_set.best_logits())).value();
  const std::span<const std::int32_t> labels = training_set.labels();
  kept_.resize(labels.size());
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    kept_[i] =
        p.data<float>()[static_cast<std::int64_t>(i) * training_set.classes() + labels[i]] > options_.k;
    kept += kept_[i];
  }
  kept_share_ = static_cast<double>(kept) / static_cast<double>(labels.size());
}

void Truncated::save(State& state) const {
  if (!kept_.empty()) state.put("scheme.kept", Tensor::from(kept_));
  state.put_number("scheme.kept_share", kept_share_);
}

void Truncated::load(const State& state) {
  if (state.has("scheme.kept")) kept_ = state.tensor("scheme.kept").to_vector<std::uint8_t>();
  kept_share_ = state.number("scheme.kept_share");
}

}  // namespace noisegate
