#include "losses/schemes/label_correction.h"

#include "engine/ops.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <algorithm>
#include <vector>

namespace noisegate {
namespace {

/// −Σ_k target_k·log p_k of each row.
std::vector<double> cross_entropies(const Tensor& log_p, const Tensor& targets) {
  const std::int64_t samples = log_p.shape()[0], classes = log_p.shape()[1];
  const float *log_p_row = log_p.data<float>(), *target_row = targets.data<float>();
  std::vector<double> losses(samples);
  for (std::int64_t i = 0; i < samples; ++i, log_p_row += classes, target_row += classes)
    for (std::int64_t k = 0; k < classes; ++k)
      if (target_row[k] != 0) losses[i] -= target_row[k] * log_p_row[k];
  return losses;
}

/// Scaled to [0, 1] by the least and the largest; 1 where all are the same, so that nothing is corrected.
void normalise(std::vector<double>& losses) {
  const auto [least, largest] = std::ranges::minmax(losses);
  const double range = largest - least;
  for (double& loss : losses) loss = range > 0 ? (loss - least) / range : 1;
}

Tensor one_hot(std::span<const std::int32_t> labels, int classes) {
  Tensor rows = Tensor::zeros({static_cast<std::int64_t>(labels.size()), classes});
  float* row = rows.data<float>();
  for (const std::int32_t label : labels) {
    row[label] = 1;
    row += classes;
  }
  return rows;
}

}  // namespace

void LabelCorrection::begin_epoch(int epochs_done, TrainingSetView& training_set) {
  if (from_ == 0 || epochs_done < from_) return;
  const std::span<const std::int32_t> labels = training_set.labels();
  const Tensor given = one_hot(labels, training_set.classes());
  const NoGrad no_grad;
  const Variable logits(training_set.momentum_logits().to(Device::cpu));
  const Tensor log_p = log_softmax(logits).value();
  const Tensor predictions = soft_ ? softmax(logits).value() : log_p;  // whose largest is p's too
  std::vector<double> omega = cross_entropies(log_p, active() ? targets_.to(Device::cpu) : given);
  normalise(omega);

  Tensor corrected = given;
  const std::int64_t classes = given.shape()[1];
  float* target = corrected.data<float>();
  const float* prediction = predictions.data<float>();
  mean_weight_ = 0;
  for (std::size_t i = 0; i < labels.size(); ++i, target += classes, prediction += classes) {
    const auto weight = static_cast<float>(omega[i]);
    target[labels[i]] = weight;
    if (soft_) {
      for (std::int64_t k = 0; k < classes; ++k) target[k] += (1 - weight) * prediction[k];
    } else {
      *(target + (std::max_element(prediction, prediction + classes) - prediction)) += 1 - weight;
    }
    mean_weight_ += omega[i] / static_cast<double>(labels.size());
  }
  targets_ = corrected.to(device_);
}

void LabelCorrection::move_to(Device device) {
  device_ = device;
  if (active()) targets_ = targets_.to(device);
}

Tensor LabelCorrection::targets(const SchemeBatch& batch) const {
  return scheme_kernels(device_).rows_of(targets_, batch.indices);
}

void LabelCorrection::save(State& state) const {
  if (!active()) return;
  state.put("scheme.targets", targets_.to(Device::cpu));
  state.put_number("scheme.mean_weight", mean_weight_);
}

void LabelCorrection::load(const State& state) {
  if (!state.has("scheme.targets")) return;
  targets_ = state.tensor("scheme.targets").to(device_);
  mean_weight_ = state.number("scheme.mean_weight");
}

}  // namespace noisegate
