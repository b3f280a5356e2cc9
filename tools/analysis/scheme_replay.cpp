#include "tools/analysis/scheme_replay.h"

#include "engine/error.h"
#include "engine/io/npy.h"
#include "losses/schemes/scheme.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct Recording {
  std::int64_t steps, samples, classes;
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  std::vector<double> learning_rates;
};

bool is_finite(double value) {
  return std::isfinite(value);
}

Recording read_recording(const ReplayOptions& options) {
  NumpyArray<float> logits = load_numpy<float>(options.logits);
  NumpyArray<std::int32_t> labels = load_numpy<std::int32_t>(options.labels);
  NumpyArray<double> rates = load_numpy<double>(options.lr);
  const auto require = [](const std::string& file, const std::vector<std::int64_t>& shape, bool fits,
                          const std::string& wanted) {
    if (!fits) reject("{} has the shape ({}), not {}", file, fmt::join(shape, ", "), wanted);
  };
  require(options.logits, logits.shape, logits.shape.size() == 3 && logits.values.size() > 0,
          "(steps, samples, classes)");
  const std::int64_t steps = logits.shape[0], samples = logits.shape[1];
  require(options.labels, labels.shape, labels.shape == std::vector{steps, samples},
          fmt::format("({}, {})", steps, samples));
  require(options.lr, rates.shape, rates.shape == std::vector{steps}, fmt::format("({})", steps));
  const std::int64_t classes = logits.shape[2];
  if (classes < 2) reject("{} has the logits of one class; a loss needs two", options.logits);
  if (!std::ranges::all_of(logits.values, is_finite))
    reject("{} holds what is no finite number", options.logits);
  if (!std::ranges::all_of(rates.values, is_finite)) reject("{} holds what is no finite number", options.lr);
  for (const std::int32_t label : labels.values)
    if (label < 0 || label >= classes)
      reject("{}: the label {} is not one of {} classes", options.labels, label, classes);
  return {
      steps, samples, classes, std::move(logits.values), std::move(labels.values), std::move(rates.values)};
}

/// Part `index` of values cut into parts of one shape.
template <class T>
Tensor part(const std::vector<T>& values, std::int64_t index, const Shape& shape) {
  return Tensor::from(std::span<const T>(values).subspan(index * shape.numel(), shape.numel()), shape);
}

}  // namespace

void replay_scheme(const ReplayOptions& options) {
  const Recording recording = read_recording(options);
  const auto scheme = make_scheme(Spec(options.scheme, "--scheme"), Spec(options.loss, "--loss"));
  if (scheme->views(0) != 1 || !scheme->companion().empty() || scheme->needs_validation())
    reject("--scheme {}: a recording has one view, of one model, and nothing of the training set",
           options.scheme);
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (std::int64_t t = 0; t < recording.steps; ++t) {
    StepScalars scalars{.learning_rate = recording.learning_rates[t],
                        .progress = static_cast<double>(t) / static_cast<double>(recording.steps),
                        .draw = static_cast<std::uint32_t>(t)};
    scheme->prepare_step(scalars);
    const LossStep step{static_cast<std::uint64_t>(options.seed), &scalars};
    const Variable logits(part(recording.logits, t, {recording.samples, recording.classes}));
    nlohmann::ordered_json told{
        {"loss",
         scheme->loss({{logits}, part(recording.labels, t, {recording.samples})}, step).value().item()}};
    for (const auto& [name, value] : scheme->metrics()) told[name] = value;
    for (const auto& [name, value] : told.items())
      if (!is_finite(value.get<double>()))
        fail("{} of step {} becomes {}, which is no finite number", name, t, value.get<double>());
    say("step {:>6}", t);
    for (const auto& [name, value] : told.items()) say("  {} {:.6g}", name, value.get<double>());
    say("\n");
    steps.push_back(std::move(told));
  }
  if (!options.json.empty()) save_json(options.json, nlohmann::ordered_json{{"steps", steps}}, -1);
}

}  // namespace noisegate
