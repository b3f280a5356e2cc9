#include "tools/train/state.h"

#include "engine/error.h"
#include "tools/train/data.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

std::vector<Tensor> tensors(const std::vector<NamedTensor>& named) {
  std::vector<Tensor> result;
  for (const NamedTensor& entry : named) result.push_back(entry.tensor);
  return result;
}

bool are_equal(const Module& one, const Module& other) {
  const std::vector<NamedParameter> a = one.parameters(), b = other.parameters();
  return std::ranges::equal(a, b, [](const NamedParameter& p, const NamedParameter& q) {
    return p.variable.value().to_vector<float>() == q.variable.value().to_vector<float>();
  });
}

double momentum_decay(const TrainOptions& options, const Scheme& scheme) {
  if (options.ema > 0 && scheme.momentum_decay() > 0)
    reject("--ema {} and --scheme {} both ask for a momentum model", options.ema, options.scheme);
  return options.ema + scheme.momentum_decay();
}

/// A companion that starts with weights of its own draws them from a seed that no run can have.
std::unique_ptr<Module> new_companion(TrainOptions options, const Dataset& dataset, const Scheme& scheme) {
  if (!scheme.companion_starts_equal()) options.seed += seed_end;
  std::vector<std::string> same_notes;  // as the first model's
  return starting_model(options, dataset, same_notes);
}

TrainedModel trained(std::unique_ptr<Module> model, const TrainOptions& options, double l1_penalty) {
  auto optimizer = std::make_unique<Sgd>(model->variables(), SgdOptions{.momentum = options.momentum,
                                                                        .nesterov = options.nesterov,
                                                                        .weight_decay = options.weight_decay,
                                                                        .l1_decay = l1_penalty,
                                                                        .clip_norm = options.clip_norm});
  return {std::move(model), std::move(optimizer)};
}

/// Numbers that are taken back in the order in which they were put.
class Numbers {
 public:
  explicit Numbers(std::vector<double> values) : values_(std::move(values)) {}

  double take() { return values_.at(next_++); }
  void take(AverageWeight& weight) { weight.rates = take(), weight.weighted_rates = take(); }
  void take(Tally& tally) {
    tally = {static_cast<std::int64_t>(take()), static_cast<std::int64_t>(take()), take()};
  }
  void take(MarginHistogram& histogram) {
    for (std::int64_t& count : histogram.counts()) count = static_cast<std::int64_t>(take());
  }

 private:
  std::vector<double> values_;
  std::size_t next_ = 0;
};

std::string model_name(std::size_t index) {
  return index == 0 ? "model" : "companion";
}

}  // namespace

std::vector<NamedTensor> whole_state(const Module& model) {
  std::vector<NamedTensor> state;
  for (const NamedParameter& parameter : model.parameters())
    state.push_back({parameter.name, parameter.variable.value()});
  for (const NamedBuffer& buffer : model.buffers()) state.push_back({buffer.name, buffer.tensor});
  return state;
}

void TrainingState::save(State& state) const {
  state.put_count("epochs_done", epochs_done);
  state.put_count("batches_done", batches_done);
  state.put_count("steps_done", steps_done);
  state.put_count("steps_in_epoch", steps_in_epoch);
  for (std::size_t m = 0; m < models.size(); ++m) {
    for (const auto& [name, tensor] : whole_state(*models[m].model))
      state.put(fmt::format("{}.{}", model_name(m), name), tensor);
    const std::vector<Tensor>& velocities = models[m].optimizer->velocities();
    for (std::size_t i = 0; i < velocities.size(); ++i)
      state.put(fmt::format("{}.velocity.{}", model_name(m), i), velocities[i]);
  }
  const std::vector<NamedTensor> names = whole_state(model());
  for (std::size_t i = 0; average && i < names.size(); ++i)
    state.put("average." + names[i].name, average->average()[i]);
  state.put_numbers("curriculum", std::vector{curriculum.clean.rates, curriculum.clean.weighted_rates,
                                              curriculum.noisy.rates, curriculum.noisy.weighted_rates});
  if (!best || best->tensors.empty()) return;
  state.put_number("best.accuracy", best->accuracy);
  state.put_count("best.epoch", best->epoch);
  for (std::size_t i = 0; i < best->tensors.size(); ++i) state.put("best." + names[i].name, best->tensors[i]);
}

void TrainingState::load(const State& state) {
  for (std::size_t m = 0; m < models.size(); ++m) {
    for (auto& [name, tensor] : whole_state(*models[m].model))
      state.copy_to(fmt::format("{}.{}", model_name(m), name), tensor);
    std::vector<Tensor>& velocities = models[m].optimizer->velocities();
    for (std::size_t i = 0; i < velocities.size(); ++i)
      state.copy_to(fmt::format("{}.velocity.{}", model_name(m), i), velocities[i]);
  }
  const std::vector<NamedTensor> names = whole_state(model());
  for (std::size_t i = 0; average && i < names.size(); ++i)
    state.copy_to("average." + names[i].name, average->average()[i]);
  if (best && state.has("best.epoch")) {
    best->accuracy = state.number("best.accuracy");
    best->epoch = static_cast<int>(state.count("best.epoch"));
    best->tensors.clear();
    for (const auto& [name, tensor] : names) {
      best->tensors.push_back(tensor.clone());
      state.copy_to("best." + name, best->tensors.back());
    }
  }
  Numbers sums(state.numbers("curriculum"));
  for (AverageWeight* weight : {&curriculum.clean, &curriculum.noisy}) sums.take(*weight);
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  epochs_done = static_cast<int>(state.count("epochs_done", 0, most));
  steps_in_epoch = static_cast<int>(state.count("steps_in_epoch", 1, most));
  batches_done = static_cast<int>(state.count("batches_done", 0, steps_in_epoch));
  steps_done = static_cast<int>(state.count("steps_done", 0, steps_in_epoch));
}

void save_metrics(const EpochMetrics& metrics, State& state) {
  const EpochCurriculum& curriculum = metrics.curriculum;
  std::vector<double> numbers = {metrics.loss_sum, metrics.seconds, metrics.learning_rate,
                                 static_cast<double>(metrics.left_out.images)};
  for (const Tally& tally : {metrics.train, metrics.clean, metrics.noisy})
    numbers.insert(numbers.end(), {static_cast<double>(tally.samples), static_cast<double>(tally.correct),
                                   tally.probability});
  for (const AverageWeight& weight : {curriculum.weight_clean, curriculum.weight_noisy})
    numbers.insert(numbers.end(), {weight.rates, weight.weighted_rates});
  for (const MarginHistogram& histogram : {curriculum.margins_clean, curriculum.margins_noisy})
    numbers.insert(numbers.end(), histogram.counts().begin(), histogram.counts().end());
  state.put_count("epoch.epoch", metrics.epoch);
  state.put_numbers("epoch.numbers", numbers);
  state.put_text("epoch.left_out", metrics.left_out.first);
}

EpochMetrics load_metrics(const State& state) {
  EpochMetrics metrics;
  Numbers numbers(state.numbers("epoch.numbers"));
  for (double* value : {&metrics.loss_sum, &metrics.seconds, &metrics.learning_rate}) *value = numbers.take();
  metrics.left_out = {static_cast<std::int64_t>(numbers.take()), state.text("epoch.left_out")};
  for (Tally* tally : {&metrics.train, &metrics.clean, &metrics.noisy}) numbers.take(*tally);
  EpochCurriculum& curriculum = metrics.curriculum;
  for (AverageWeight* weight : {&curriculum.weight_clean, &curriculum.weight_noisy}) numbers.take(*weight);
  for (MarginHistogram* histogram : {&curriculum.margins_clean, &curriculum.margins_noisy})
    numbers.take(*histogram);
  metrics.epoch = static_cast<int>(state.count("epoch.epoch"));
  return metrics;
}

TrainingState initial_state(const TrainOptions& options, const Dataset& dataset, const Scheme& scheme,
                            std::vector<std::string>& notes) {
  TrainingState state;
  state.models.push_back(trained(starting_model(options, dataset, notes), options, scheme.l1_penalty()));
  if (!scheme.companion().empty()) {
    state.models.push_back(trained(new_companion(options, dataset, scheme), options, scheme.l1_penalty()));
    // Two models that begin alike and see the same would stay alike for ever.
    if (!scheme.companion_starts_equal() && are_equal(state.model(), *state.models.back().model))
      reject("--init {} gives both models of --scheme {} the same weights, and neither could teach the other",
             options.init, options.scheme);
  }
  if (const double decay = momentum_decay(options, scheme); decay > 0)
    state.average = std::make_unique<MomentumAverage>(tensors(whole_state(state.model())), decay);
  if (scheme.needs_validation()) state.best.emplace();
  return state;
}

}  // namespace noisegate
