#include "tools/train/state.h"

#include "engine/error.h"
#include "tools/train/data.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <type_traits>
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

/// What the names in a checkpoint mean. In format 1, which said nothing of it, these numbers had no names.
constexpr std::int64_t format = 2;

/// The numbers of `sums` by name, in the order of format 1.
void visit_numbers(CurriculumSums& sums, const auto& visit) {
  visit("curriculum.clean", sums.clean.rates, sums.clean.weighted_rates);
  visit("curriculum.noisy", sums.noisy.rates, sums.noisy.weighted_rates);
}

/// The same of an epoch's metrics.
void visit_numbers(EpochMetrics& metrics, const auto& visit) {
  const auto visit_tally = [&](const char* name, Tally& tally) {
    visit(name, tally.samples, tally.correct, tally.probability);
  };
  const auto visit_weight = [&](const char* name, AverageWeight& weight) {
    visit(name, weight.rates, weight.weighted_rates);
  };
  const auto visit_counts = [&](const char* name, MarginHistogram& histogram) {
    std::apply([&](auto&... counts) { visit(name, counts...); }, histogram.counts());
  };
  EpochCurriculum& curriculum = metrics.curriculum;
  visit("epoch.loss_sum", metrics.loss_sum);
  visit("epoch.seconds", metrics.seconds);
  visit("epoch.learning_rate", metrics.learning_rate);
  visit("epoch.images_left_out", metrics.left_out.images);
  visit_tally("epoch.train", metrics.train);
  visit_tally("epoch.clean", metrics.clean);
  visit_tally("epoch.noisy", metrics.noisy);
  visit_weight("epoch.weight_clean", curriculum.weight_clean);
  visit_weight("epoch.weight_noisy", curriculum.weight_noisy);
  visit_counts("epoch.margins_clean", curriculum.margins_clean);
  visit_counts("epoch.margins_noisy", curriculum.margins_noisy);
}

void save_numbers(auto from, State& state) {
  visit_numbers(from, [&](const char* name, const auto&... numbers) {
    state.put_numbers(name, std::array{static_cast<double>(numbers)...});
  });
}

/// `list` is what had them all in format 1.
void load_numbers(auto& to, const State& state, const std::string& list) {
  const bool are_named = state.has("format");
  std::vector<double> values = are_named ? std::vector<double>() : state.numbers(list);
  std::size_t next = 0;
  visit_numbers(to, [&](const char* name, auto&... numbers) {
    if (are_named) values = state.numbers(name), next = 0;
    if (values.size() < next + sizeof...(numbers)) reject("the checkpoint's '{}' lacks numbers", name);
    ((numbers = static_cast<std::remove_reference_t<decltype(numbers)>>(values[next++])), ...);
  });
}

void require_known_format(const State& state) {
  if (!state.has("format") || state.count("format") <= format) return;
  reject(
      "the checkpoint is in format {} of Noisegate {}, and Noisegate {} reads formats up to {}: go on with "
      "the other one, or begin anew with --overwrite",
      state.count("format"), state.text("noisegate"), NOISEGATE_VERSION, format);
}

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
  state.put_count("format", format);
  state.put_text("noisegate", NOISEGATE_VERSION);
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
  save_numbers(curriculum, state);
  if (!best || best->tensors.empty()) return;
  state.put_number("best.accuracy", best->accuracy);
  state.put_count("best.epoch", best->epoch);
  for (std::size_t i = 0; i < best->tensors.size(); ++i) state.put("best." + names[i].name, best->tensors[i]);
}

void TrainingState::load(const State& state) {
  require_known_format(state);
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
  load_numbers(curriculum, state, "curriculum");
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  epochs_done = static_cast<int>(state.count("epochs_done", 0, most));
  steps_in_epoch = static_cast<int>(state.count("steps_in_epoch", 1, most));
  batches_done = static_cast<int>(state.count("batches_done", 0, steps_in_epoch));
  steps_done = static_cast<int>(state.count("steps_done", 0, steps_in_epoch));
}

void save_metrics(const EpochMetrics& metrics, State& state) {
  save_numbers(metrics, state);
  state.put_count("epoch.epoch", metrics.epoch);
  state.put_text("epoch.left_out", metrics.left_out.first);
}

EpochMetrics load_metrics(const State& state) {
  EpochMetrics metrics;
  load_numbers(metrics, state, "epoch.numbers");
  metrics.epoch = static_cast<int>(state.count("epoch.epoch"));
  metrics.left_out.first = state.text("epoch.left_out");
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
