#include "tools/train/trainer.h"

#include "engine/error.h"
#include "engine/io/safetensors.h"
#include "engine/memory.h"
#include "engine/random.h"
#include "tools/train/evaluation.h"
#include "tools/train/loss_setting.h"
#include "tools/train/predictions.h"
#include "tools/train/stopwatch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace noisegate {
namespace {

/// Each has random numbers of its own (see Trainer::steps_of_run).
constexpr std::uint64_t most_steps = std::uint64_t{1} << 32;

/// Thrown where the one who trains does not want to go on.
struct Stopped {};

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
  if (epoch_batches().size() > most_steps / static_cast<std::uint64_t>(options.epochs))
    reject("--epochs {} of {} steps each are too many: a run has at most 2^32 steps", options.epochs,
           epoch_batches().size());
  state_ = initial_state(options_, data_.dataset, *scheme_, data_.dataset.notes);
  if (state_.average || state_.best) {
    scratch_ = new_model(options_, data_.dataset);
    scratch_->set_training(false);
  }
  const Device device = state_.model().device();
  scheme_->move_to(device);
  for (ImageSet* set : {&data_.dataset.train, &data_.dataset.test, &data_.validation})
    make_resident(*set, device);
  pipeline_ = std::make_unique<StepPipeline>(
      device, options_.batch_size, data_.dataset.classes, static_cast<std::uint64_t>(options_.seed),
      [this](const StepInputs& inputs) { return take_step(inputs); }, !options_.no_graph);
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
      trainer_.require_going_on();
      const Tensor rows = batch.to(Device::cpu);
      for (std::int64_t row = 0; row < rows.size(0); ++row)
        all.slice(positions[row], positions[row] + 1).copy_from(rows.slice(row, row + 1));
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

/// The steps before the next one, by which it knows its random numbers from all others' of the run.
std::uint32_t Trainer::steps_of_run() const {
  return static_cast<std::uint32_t>(state_.epochs_done) * static_cast<std::uint32_t>(state_.steps_in_epoch) +
         static_cast<std::uint32_t>(state_.steps_done);
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
          .views = std::max(scheme_->views(0), companion().empty() ? 0 : scheme_->views(1)),
          .device = state_.model().device(),
          .dtype = activation_dtype(state_.model().device())};
}

StepResult Trainer::step(std::vector<std::int32_t> positions, double learning_rate) {
  const ImageSet& train = data_.dataset.train;
  return step(*open_batches(data_.dataset, train, plan({std::move(positions)}))->next(), learning_rate);
}

StepResult Trainer::step(Batch batch, double learning_rate) {
  push_step(std::move(batch), learning_rate);
  const StepOutcome outcome = *pipeline_->pop(true);
  require_finite_loss(outcome.loss, state_.steps_done);
  return {outcome.loss, outcome.logits};
}

void Trainer::push_step(Batch batch, double learning_rate) {
  const double in_epoch = static_cast<double>(state_.steps_done) / state_.steps_in_epoch;
  StepScalars scalars{.learning_rate = learning_rate,
                      .progress = (state_.epochs_done + in_epoch) / options_.epochs,
                      .draw = steps_of_run(),
                      .epoch = static_cast<std::uint32_t>(state_.epochs_done)};
  scheme_->prepare_step(scalars);
  std::vector<std::int32_t> labels = given_labels(batch.positions);
  pipeline_->push({std::move(batch.positions), std::move(labels), scalars, std::move(batch.views)});
  ++state_.steps_done;
}

/// Puts one step on the device's stream.
StepPipeline::Results Trainer::take_step(StepInputs inputs) {
  if (inputs.views.empty())
    inputs.views =
        make_device_views(data_.dataset, data_.dataset.train, plan({}), inputs.indices, inputs.step.scalars);
  return {training_step(state_.models, *scheme_, state_.average.get(), inputs), scheme_->curve_state()};
}

void Trainer::require_finite_loss(double loss, int step) const {
  if (!std::isfinite(loss))
    fail("the loss became {} in step {} of epoch {}", loss, step, state_.epochs_done + 1);
}

std::vector<std::int32_t> Trainer::given_labels(std::span<const std::int32_t> positions) const {
  std::vector<std::int32_t> given;
  for (const std::int32_t position : positions) given.push_back(data_.dataset.train.given[position]);
  return given;
}

void Trainer::add_outcome(const StepOutcome& outcome) {
  require_finite_loss(outcome.loss, steps_measured_ + 1);
  measure(outcome);
}

/// Adds the outcomes of all steps in flight, so that measurements and model are at the same step.
void Trainer::drain() {
  while (const auto outcome = pipeline_->pop(true)) add_outcome(*outcome);
}

void Trainer::measure(const StepOutcome& step) {
  const ImageSet& train = data_.dataset.train;
  const std::vector<std::int32_t>& given = step.request.labels;
  const double learning_rate = step.request.scalars.learning_rate;
  const std::vector<Score> scores = score(step.logits, given);
  const auto curve = scheme_->curve(step.curve_state);
  metrics_.learning_rate = learning_rate;
  metrics_.loss_sum += step.loss * static_cast<double>(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const bool is_clean = given[i] == train.truth[step.request.indices[i]];
    metrics_.train.add(scores[i]);
    (is_clean ? metrics_.clean : metrics_.noisy).add(scores[i]);
    metrics_.curriculum.add_margin(scores[i].margin, is_clean);
    if (!curve) continue;
    const double weight = (*curve)(scores[i].margin, data_.dataset.classes).weight;
    metrics_.curriculum.add_weight(weight, is_clean);
    state_.curriculum.add(weight, is_clean, learning_rate);
  }
  ++steps_measured_;
}

void Trainer::require_going_on() const {
  if (go_on_ && !go_on_()) throw Stopped{};
}

void Trainer::test(EpochMetrics& metrics) {
  const ImageSet& test_set = data_.dataset.test;
  const AfterBatch after_batch = [this] { require_going_on(); };
  const auto measured = [&](const ImageSet& set, const std::vector<std::int32_t>& labels) {
    const Evaluation evaluation = evaluate(state_.model(), data_.dataset, set, labels, after_batch);
    metrics.left_out.add(evaluation.left_out);
    return evaluation.all;
  };
  metrics.test = measured(test_set, test_set.truth);
  if (Module* average = average_model())
    metrics.test_ema = evaluate(*average, data_.dataset, test_set, test_set.truth, after_batch).all;
  if (data_.validation.size() > 0) metrics.validation = measured(data_.validation, data_.validation.given);
  metrics.scheme = scheme_->metrics();
  if (Module* companion_model = this->companion_model()) {
    const Tally tested = evaluate(*companion_model, data_.dataset, test_set, test_set.truth, after_batch).all;
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

bool Trainer::run_steps(Batches batches, int steps, const AfterStep& after_step) {
  const Stopwatch watch;
  const double seconds_before = metrics_.seconds;
  const ImageSet& train = data_.dataset.train;
  // The step makes its images itself, where the device can; else they come from the host's stream.
  std::unique_ptr<BatchStream> stream;
  if (!are_made_on_device(train, augmentation_)) stream = open_batches(data_.dataset, train, plan(batches));
  pipeline_->forget();

  const auto add_outcomes = [&](bool all) {
    while (const auto outcome = pipeline_->pop(all)) {
      add_outcome(*outcome);
      metrics_.seconds = seconds_before + watch.seconds();
      if (!after_step({metrics_, steps_measured_, steps})) return false;
    }
    return true;
  };
  for (std::vector<std::int32_t>& positions : batches) {
    Batch batch{std::move(positions), {}, {}};
    if (stream) batch = *stream->next();
    ++state_.batches_done;
    metrics_.left_out.add(batch.left_out);
    if (!batch.is_enough()) continue;
    push_step(std::move(batch), learning_rate(steps));
    if (!add_outcomes(false)) {
      drain();
      return false;
    }
  }
  return add_outcomes(true);
}

std::optional<EpochMetrics> Trainer::run_epoch(const AfterStep& after_step, GoOn go_on) {
  go_on_ = std::move(go_on);
  try {
    return train_and_test(after_step);
  } catch (const Stopped&) {
    return std::nullopt;
  }
}

std::optional<EpochMetrics> Trainer::train_and_test(const AfterStep& after_step) {
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
  steps_measured_ = state_.steps_done;
  batches.erase(batches.begin(), batches.begin() + state_.batches_done);
  if (!run_steps(std::move(batches), steps, after_step)) return std::nullopt;
  if (metrics_.train.samples == 0)
    reject("no batch of the training set has images that can be read, the first: {}",
           metrics_.left_out.first);
  require_finite(state_);
  EpochMetrics tested = metrics_;  // so that a test that is stopped leaves no trace
  try {
    test(tested);
  } catch (const Error& error) {
    throw Error(error.cause(),
                fmt::format("{}, after step {} of epoch {}", error.what(), steps, metrics_.epoch));
  }
  metrics_ = std::move(tested);
  if (state_.best) keep_if_best(metrics_);
  metrics_.curriculum.so_far = state_.curriculum;
  metrics_.peak_memory = memory_statistics(state_.model().device()).peak;
  ++state_.epochs_done;
  state_.batches_done = 0;
  return metrics_;
}

void Trainer::save(State& state) {
  drain();
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
