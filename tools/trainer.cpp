#include "tools/trainer.h"

#include "engine/error.h"
#include "engine/memory.h"
#include "engine/random.h"
#include "engine/serialize.h"
#include "tools/evaluation.h"
#include "tools/loss_setting.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace noisegate {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Parameters and buffers: what the momentum model averages and what is saved. The tensors share the model's
/// memory.
std::vector<NamedTensor> whole_state(const Module& model) {
  std::vector<NamedTensor> state;
  for (const NamedParameter& parameter : model.parameters()) {
    state.push_back({parameter.name, parameter.variable.value()});
  }
  for (const NamedBuffer& buffer : model.buffers()) state.push_back({buffer.name, buffer.tensor});
  return state;
}

std::vector<Tensor> tensors(const std::vector<NamedTensor>& named) {
  std::vector<Tensor> result;
  for (const NamedTensor& entry : named) result.push_back(entry.tensor);
  return result;
}

/// Throws Error where a step has left the model with a value that is no number, which the next step's loss
/// would tell only after the model was saved.
void require_finite(const TrainingState& state) {
  for (const NamedTensor& entry : whole_state(*state.model)) {
    const std::vector<float> values = entry.tensor.to_vector<float>();
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
      fail("{} of the model became non-finite by step {} of epoch {}", entry.name, state.steps_done,
           state.epochs_done + 1);
    }
  }
}

/// Whether the batch can be trained on: a single image that is left of it has no batch statistics.
bool is_enough(const Batch& batch) {
  return batch.left_out.empty() || batch.positions.size() > 1;
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, TrainingData data)
    : options_(options),
      data_(std::move(data)),
      augmentation_(Augmentation::parse(options.augment)),
      schedule_(Spec(options.schedule, "--schedule"), options.epochs),
      scheme_(make_scheme(Spec(options.scheme, "--scheme"), Spec(options.loss, "--loss"),
                          loss_setting(Spec(options.loss, "--loss"), data_.dataset))) {
  state_.model = new_model(options_, data_.dataset);
  state_.optimizer =
      std::make_unique<Sgd>(state_.model->variables(), SgdOptions{.momentum = options.momentum,
                                                                  .nesterov = options.nesterov,
                                                                  .weight_decay = options.weight_decay,
                                                                  .l1_decay = scheme_->l1_penalty(),
                                                                  .clip_norm = options.clip_norm});
  if (options.ema > 0) {
    state_.average = std::make_unique<MomentumAverage>(tensors(whole_state(*state_.model)), options.ema);
    average_model_ = new_model(options_, data_.dataset);
    average_model_->set_training(false);
  }
}

Module* Trainer::average_model() {
  if (!state_.average) return nullptr;
  std::vector<Tensor> destination = tensors(whole_state(*average_model_));
  for (std::size_t i = 0; i < destination.size(); ++i) destination[i].copy_from(state_.average->average()[i]);
  return average_model_.get();
}

double Trainer::learning_rate(int steps) const {
  const double epochs = state_.epochs_done + static_cast<double>(state_.steps_done) / steps;
  return options_.learning_rate * schedule_.factor(epochs);
}

SchemeStep Trainer::scheme_step(double learning_rate) const {
  // Any number that no two steps of a run share; epochs have fewer steps than this.
  constexpr std::uint32_t most_steps = 1 << 20;
  const auto done = static_cast<std::uint32_t>(state_.steps_done);
  return {learning_rate,
          (state_.epochs_done + static_cast<double>(done) / state_.steps_in_epoch) / options_.epochs,
          {static_cast<std::uint64_t>(options_.seed),
           static_cast<std::uint32_t>(state_.epochs_done) * most_steps + done}};
}

Batches Trainer::epoch_batches() const {
  const ImageSet& train = data_.dataset.train;
  const auto seed = static_cast<std::uint64_t>(options_.seed);
  if (const int per_class = data_.dataset.per_class; per_class > 0)
    return balanced_batches(train.given, per_class, options_.batch_size, seed, state_.epochs_done);
  return noisegate::epoch_batches(train.size(), options_.batch_size, seed, state_.epochs_done);
}

BatchPlan Trainer::plan(Batches batches) const {
  return {.batches = std::move(batches),
          .augmentation = augmentation_,
          .seed = static_cast<std::uint64_t>(options_.seed),
          .epoch = static_cast<std::uint32_t>(state_.epochs_done),
          .views = scheme_->views()};
}

StepResult Trainer::step(std::vector<std::int32_t> positions, double learning_rate) {
  const ImageSet& train = data_.dataset.train;
  return step(*open_batches(data_.dataset, train, plan({std::move(positions)}))->next(), learning_rate);
}

StepResult Trainer::step(const Batch& batch, double learning_rate) {
  std::vector<std::int32_t> labels;
  for (const std::int32_t position : batch.positions) labels.push_back(data_.dataset.train.given[position]);

  // The views of a batch go through the model together, so that they share its batch statistics.
  const Tensor images = batch.views.size() == 1 ? batch.views.front() : concatenate(batch.views);
  const Variable logits = (*state_.model)(Variable(images));
  const Variable loss = scheme_->loss(logits, Tensor::from(labels), scheme_step(learning_rate));
  const auto samples = static_cast<std::int64_t>(labels.size());
  const StepResult result{loss.value().item(), logits.value().slice(0, samples)};
  if (!std::isfinite(result.loss)) {
    fail("the loss became {} in step {} of epoch {}", result.loss, state_.steps_done + 1,
         state_.epochs_done + 1);
  }
  backward(loss);
  state_.optimizer->step(learning_rate);
  if (state_.average) state_.average->update();
  ++state_.steps_done;
  return result;
}

void Trainer::measure(const StepResult& result, std::span<const std::int32_t> positions,
                      EpochMetrics& metrics) {
  const ImageSet& train = data_.dataset.train;
  std::vector<std::int32_t> given;
  for (const std::int32_t position : positions) given.push_back(train.given[position]);
  const std::vector<Score> scores = score(result.logits, given);
  const std::optional<MarginCurve> curve = scheme_->curve();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const bool is_clean = given[i] == train.truth[positions[i]];
    metrics.train.add(scores[i]);
    (is_clean ? metrics.clean : metrics.noisy).add(scores[i]);
    metrics.curriculum.add_margin(scores[i].margin, is_clean);
    if (!curve) continue;
    const double weight = (*curve)(scores[i].margin, data_.dataset.classes).weight;
    metrics.curriculum.add_weight(weight, is_clean);
    state_.curriculum.add(weight, is_clean, metrics.learning_rate);
  }
  metrics.curriculum.so_far = state_.curriculum;
}

void Trainer::test(EpochMetrics& metrics) {
  const ImageSet& test_set = data_.dataset.test;
  const auto measured = [&](const ImageSet& set, const std::vector<std::int32_t>& labels) {
    const Evaluation evaluation = evaluate(*state_.model, data_.dataset, set, labels);
    metrics.left_out.add(evaluation.left_out);
    return evaluation.all;
  };
  metrics.test = measured(test_set, test_set.truth);
  if (Module* average = average_model())
    metrics.test_ema = evaluate(*average, data_.dataset, test_set, test_set.truth).all;
  if (data_.validation.size() > 0) metrics.validation = measured(data_.validation, data_.validation.given);
}

std::optional<EpochMetrics> Trainer::run_epoch(const AfterStep& after_step) {
  const auto start = Clock::now();
  Batches batches = epoch_batches();
  const int steps = static_cast<int>(batches.size());
  const auto stream = open_batches(data_.dataset, data_.dataset.train, plan(std::move(batches)));
  EpochMetrics metrics;
  metrics.epoch = state_.epochs_done + 1;
  state_.steps_done = 0;
  state_.steps_in_epoch = steps;
  double loss_sum = 0;
  while (const auto batch = stream->next()) {
    metrics.left_out.add(batch->left_out);
    if (!is_enough(*batch)) continue;
    metrics.learning_rate = learning_rate(steps);
    const StepResult result = step(*batch, metrics.learning_rate);
    loss_sum += result.loss * static_cast<double>(batch->positions.size());
    measure(result, batch->positions, metrics);
    metrics.train_loss = loss_sum / static_cast<double>(metrics.train.samples);
    metrics.seconds = seconds_since(start);
    if (!after_step({metrics, state_.steps_done, steps})) return std::nullopt;
  }
  if (metrics.train.samples == 0)
    reject("no batch of the training set has images that can be read, the first: {}", metrics.left_out.first);
  require_finite(state_);
  test(metrics);
  if (!std::isfinite(metrics.test.probability)) {
    fail("the model's outputs for the test set became non-finite by step {} of epoch {}", steps,
         metrics.epoch);
  }
  metrics.scheme = scheme_->metrics();
  metrics.peak_memory = memory_statistics(Device::cpu).peak;
  ++state_.epochs_done;
  return metrics;
}

}  // namespace noisegate
