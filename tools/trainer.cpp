#include "tools/trainer.h"

#include "engine/error.h"
#include "engine/memory.h"
#include "engine/random.h"
#include "engine/serialize.h"
#include "tools/evaluation.h"
#include "tools/loss_setting.h"
#include "tools/predictions.h"
#include "tools/stopwatch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace noisegate {
namespace {

/// Throws Error where a step has left the model with a value that is no number, which the next step's loss
/// would tell only after the model was saved.
void require_finite(const TrainingState& state) {
  for (const TrainedModel& trained : state.models) {
    for (const NamedTensor& entry : whole_state(*trained.model)) {
      const std::vector<float> values = entry.tensor.to_vector<float>();
      if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
        fail("{} of the model became non-finite by step {} of epoch {}", entry.name, state.steps_done,
             state.epochs_done + 1);
    }
  }
}

/// Gives the model these values, in the order of its whole state.
void put(const std::vector<Tensor>& values, const Module& model) {
  std::vector<NamedTensor> destination = whole_state(model);
  for (std::size_t i = 0; i < destination.size(); ++i) destination[i].tensor.copy_from(values[i]);
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
  if (scheme_->needs_validation() && data_.validation.size() == 0)
    reject("--scheme {} chooses by held-out samples: it needs a --validation above 0", options.scheme);
  state_ = initial_state(options_, data_.dataset, *scheme_, data_.dataset.notes);
  if (state_.average || state_.best) {
    scratch_ = new_model(options_, data_.dataset);
    scratch_->set_training(false);
  }
}

Module* Trainer::average_model() {
  if (!state_.average) return nullptr;
  put(state_.average->average(), *scratch_);
  return scratch_.get();
}

Module* Trainer::companion_model() {
  return state_.models.size() > 1 ? state_.models.back().model.get() : nullptr;
}

/// What the scheme sees of the training set between epochs.
class Trainer::View final : public TrainingSetView {
 public:
  explicit View(Trainer& trainer) : trainer_(trainer) {}

  std::span<const std::int32_t> labels() const override { return trainer_.data_.dataset.train.given; }
  int classes() const override { return trainer_.data_.dataset.classes; }
  Tensor momentum_logits() override {
    Module* average = trainer_.average_model();
    return logits(average ? *average : trainer_.state_.model(), trainer_.plan({}));
  }
  Tensor best_logits() override {
    put(trainer_.state_.best->tensors, *trainer_.scratch_);
    return logits(*trainer_.scratch_, {});
  }

 private:
  Tensor logits(Module& model, BatchPlan look) {
    const ImageSet& train = trainer_.data_.dataset.train;
    Tensor all = Tensor::zeros({train.size(), classes()});
    const auto keep = [&](std::span<const std::int32_t> positions, const Tensor& batch) {
      for (std::int64_t row = 0; row < batch.size(0); ++row)
        all.slice(positions[row], positions[row] + 1).copy_from(batch.slice(row, row + 1));
    };
    for_each_output(model, trainer_.data_.dataset, train, keep, std::move(look));
    return all;
  }

  Trainer& trainer_;
};

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
          .views = std::max(scheme_->views(0), companion().empty() ? 0 : scheme_->views(1))};
}

StepResult Trainer::step(std::vector<std::int32_t> positions, double learning_rate) {
  const ImageSet& train = data_.dataset.train;
  return step(*open_batches(data_.dataset, train, plan({std::move(positions)}))->next(), learning_rate);
}

StepResult Trainer::step(const Batch& batch, double learning_rate) {
  std::vector<std::int32_t> labels;
  for (const std::int32_t position : batch.positions) labels.push_back(data_.dataset.train.given[position]);

  const auto samples = static_cast<std::int64_t>(labels.size());
  const std::vector<std::vector<Variable>> parameters = state_.parameters();
  const SchemeBatch scheme_batch{forward(batch), Tensor::from(labels), batch.positions, parameters};
  const Variable loss = scheme_->loss(scheme_batch, scheme_step(learning_rate));
  const StepResult result{loss.value().item(), scheme_batch.logits.front().value().slice(0, samples)};
  if (!std::isfinite(result.loss)) {
    fail("the loss became {} in step {} of epoch {}", result.loss, state_.steps_done + 1,
         state_.epochs_done + 1);
  }
  backward(loss);
  for (TrainedModel& trained : state_.models) trained.optimizer->step(learning_rate);
  if (state_.average) state_.average->update();
  ++state_.steps_done;
  return result;
}

std::vector<Variable> Trainer::forward(const Batch& batch) const {
  std::vector<Variable> logits;
  for (std::size_t m = 0; m < state_.models.size(); ++m) {
    // The views of a batch go through the model together, so that they share its batch statistics.
    const auto views = static_cast<std::size_t>(scheme_->views(static_cast<int>(m)));
    const Tensor images =
        views == 1 ? batch.views.front() : concatenate({batch.views.begin(), batch.views.begin() + views});
    logits.push_back((*state_.models[m].model)(Variable(images)));
  }
  return logits;
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
}

void Trainer::test(EpochMetrics& metrics) {
  const ImageSet& test_set = data_.dataset.test;
  const auto measured = [&](const ImageSet& set, const std::vector<std::int32_t>& labels) {
    const Evaluation evaluation = evaluate(state_.model(), data_.dataset, set, labels);
    metrics.left_out.add(evaluation.left_out);
    return evaluation.all;
  };
  metrics.test = measured(test_set, test_set.truth);
  if (Module* average = average_model())
    metrics.test_ema = evaluate(*average, data_.dataset, test_set, test_set.truth).all;
  if (data_.validation.size() > 0) metrics.validation = measured(data_.validation, data_.validation.given);
  metrics.scheme = scheme_->metrics();
  if (Module* companion_model = this->companion_model()) {
    const Tally tested = evaluate(*companion_model, data_.dataset, test_set, test_set.truth).all;
    metrics.scheme.emplace_back("test_acc_" + companion(), tested.accuracy());
  }
}

void Trainer::keep_if_best(const EpochMetrics& metrics) {
  const double accuracy = metrics.validation->accuracy();
  if (!state_.best->tensors.empty() && accuracy <= state_.best->accuracy) return;
  *state_.best = {accuracy, metrics.epoch, {}};
  for (const NamedTensor& entry : whole_state(state_.model()))
    state_.best->tensors.push_back(entry.tensor.clone());
}

std::optional<EpochMetrics> Trainer::run_epoch(const AfterStep& after_step) {
  const Stopwatch watch;
  Batches batches = epoch_batches();
  const int steps = static_cast<int>(batches.size());
  if (state_.batches_done == 0) {
    metrics_ = {};
    metrics_.epoch = state_.epochs_done + 1;
    state_.steps_done = 0;
    state_.steps_in_epoch = steps;
    View view(*this);
    scheme_->begin_epoch(state_.epochs_done, view);
  }
  const double seconds_before = metrics_.seconds;
  batches.erase(batches.begin(), batches.begin() + state_.batches_done);
  const auto stream = open_batches(data_.dataset, data_.dataset.train, plan(std::move(batches)));
  while (const auto batch = stream->next()) {
    ++state_.batches_done;
    metrics_.left_out.add(batch->left_out);
    if (!is_enough(*batch)) continue;
    metrics_.learning_rate = learning_rate(steps);
    const StepResult result = step(*batch, metrics_.learning_rate);
    metrics_.loss_sum += result.loss * static_cast<double>(batch->positions.size());
    measure(result, batch->positions, metrics_);
    metrics_.seconds = seconds_before + watch.seconds();
    if (!after_step({metrics_, state_.steps_done, steps})) return std::nullopt;
  }
  if (metrics_.train.samples == 0)
    reject("no batch of the training set has images that can be read, the first: {}",
           metrics_.left_out.first);
  require_finite(state_);
  test(metrics_);
  if (!std::isfinite(metrics_.test.probability)) {
    fail("the model's outputs for the test set became non-finite by step {} of epoch {}", steps,
         metrics_.epoch);
  }
  if (state_.best) keep_if_best(metrics_);
  metrics_.curriculum.so_far = state_.curriculum;
  metrics_.peak_memory = memory_statistics(Device::cpu).peak;
  ++state_.epochs_done;
  state_.batches_done = 0;
  return metrics_;
}

void Trainer::save(State& state) const {
  state_.save(state);
  scheme_->save(state);
  if (state_.batches_done > 0) save_metrics(metrics_, state);
}

void Trainer::load(const State& state) {
  state_.load(state);
  scheme_->load(state);
  if (state_.batches_done > 0) metrics_ = load_metrics(state);
}

}  // namespace noisegate
