// noisegate loss: what a loss makes of given logits and labels, sample by sample, and how it looks as a
// curve.
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/npy.h"
#include "losses/registry.h"
#include "noise/transition.h"
#include "tools/analysis/scheme_replay.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"
#include "tools/figures/loss_plot.h"
#include "tools/files/json_file.h"
#include "tools/train/loss_setting.h"
#include "tools/train/metrics.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct LossOptions {
  std::string loss, logits, labels, logits2, json, plot, scheme, lr;
  int classes = 10;
  std::int64_t seed = 1;
};

CommandLine loss_command_line(LossOptions& o) {
  return {.command = "loss",
          .summary = "shows what a loss makes of logits and labels, or draws losses",
          .options = {{"loss", "SPEC", "ce, gce:0.7; for --plot several, with blanks between", &o.loss},
                      {"logits", "F.npy", "(N,K)", &o.logits},
                      {"labels", "F.npy", "(N)", &o.labels},
                      {"logits2", "F.npy", "(N,K) of the second view, for gjs", &o.logits2},
                      {"json", "FILE", "loss, grad, per_sample, margin and weight of all samples", &o.json},
                      {"plot", "F.svg", "draw loss and weight of losses of p_y", &o.plot},
                      {"classes", "K", "for --plot: what the knob tau goes by", &o.classes},
                      {"scheme", "SPEC", "replay it over steps: logits (T,N,K), labels (T,N)", &o.scheme},
                      {"lr", "F.npy", "learning rates (T), for --scheme", &o.lr},
                      {"seed", "N", "of the losses that draw random labels", &o.seed}}};
}

struct Samples {
  std::vector<float> logits;  // (views·N,K)
  std::vector<std::int32_t> labels;
  int classes = 0;

  std::span<const float> row(std::size_t sample) const {
    return std::span(logits).subspan(sample * classes, classes);
  }
};

NumpyArray<float> read_logits(const std::string& file) {
  NumpyArray<float> array = load_numpy<float>(file);
  if (array.shape.size() != 2 || array.shape[0] < 1 || array.shape[1] < 2)
    reject("{} is no (samples, classes) matrix: it has the shape ({})", file, fmt::join(array.shape, ", "));
  const auto wrong = std::ranges::find_if(array.values, [](float x) { return !std::isfinite(x); });
  if (wrong != array.values.end())
    reject("{}: row {} has the value {}", file, (wrong - array.values.begin()) / array.shape[1], *wrong);
  return array;
}

Samples read_samples(const LossOptions& options) {
  NumpyArray<float> logits = read_logits(options.logits);
  const NumpyArray<std::int32_t> labels = load_numpy<std::int32_t>(options.labels);
  if (labels.shape != std::vector<std::int64_t>{logits.shape[0]})
    reject("{} must have one label for each of the {} rows of {}; its shape is ({})", options.labels,
           logits.shape[0], options.logits, fmt::join(labels.shape, ", "));
  for (std::size_t i = 0; i < labels.values.size(); ++i)
    if (labels.values[i] < 0 || labels.values[i] >= logits.shape[1])
      reject("{}: label {} of sample {} is not one of {} classes", options.labels, labels.values[i], i,
             logits.shape[1]);
  if (!options.logits2.empty()) {
    const NumpyArray<float> second = read_logits(options.logits2);
    if (second.shape != logits.shape)
      reject("{} and {} must have the same shape", options.logits, options.logits2);
    logits.values.insert(logits.values.end(), second.values.begin(), second.values.end());
  }
  return {std::move(logits.values), labels.values, static_cast<int>(logits.shape[1])};
}

std::unique_ptr<Loss> read_loss(const LossOptions& options, const Samples& samples) {
  const Spec spec(options.loss, "--loss");
  LossSetting setting{label_shares(samples.labels, samples.classes), {}};
  if (const auto request = transition_request(spec)) {
    if (request->source != TransitionRequest::Source::file)
      reject("--loss '{}': here a transition matrix comes from a file, T=FILE", options.loss);
    setting.transition = load_transition(request->path, samples.classes, spec.what() + " " + spec.text());
  }
  return make_loss(spec, setting);
}

void require_finite(double value, const std::string& what, std::size_t sample) {
  if (!std::isfinite(value))
    fail("the {} of sample {} becomes {} in float32: the logits are too large for this loss", what, sample,
         value);
}

/// The results for the samples, in float32 as training computes it.
struct Report {
  double mean = 0;
  std::vector<float> per_sample, gradient;  // gradient: of the mean
  std::vector<double> margin, weight;       // weight: of losses of p_y, else empty
};

Report evaluate(const Loss& loss, const Samples& samples, std::int64_t seed) {
  const std::size_t count = samples.labels.size();
  Report report{0, std::vector<float>(count), std::vector<float>(samples.logits.size()), {}, {}};
  loss.compute({samples.labels, samples.classes, static_cast<std::uint64_t>(seed), 0}, samples.logits.data(),
               report.per_sample.data(), report.gradient.data());
  for (const float value : report.per_sample) report.mean += value / static_cast<double>(count);
  for (float& value : report.gradient) value /= static_cast<float>(count);
  const auto curve = loss.curve();
  for (std::size_t i = 0; i < count; ++i) {
    report.margin.push_back(score(samples.row(i), samples.labels[i]).margin);
    if (curve) report.weight.push_back((*curve)(report.margin.back(), samples.classes).weight);
    require_finite(report.per_sample[i], "loss", i);
    require_finite(report.margin.back(), "margin", i);
    if (curve) require_finite(report.weight.back(), "weight", i);
  }
  for (std::size_t i = 0; i < report.gradient.size(); ++i)
    require_finite(report.gradient[i], "gradient", i / samples.classes % count);
  return report;
}

nlohmann::ordered_json rows_of(const Samples& samples, const std::vector<float>& values, std::size_t first) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = first; i < first + samples.labels.size(); ++i) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * samples.classes);
    rows.push_back(std::vector<float>(begin, begin + samples.classes));
  }
  return rows;
}

void write_json(const std::string& file, const Samples& samples, const Report& report) {
  nlohmann::ordered_json json{{"loss", report.mean}, {"grad", rows_of(samples, report.gradient, 0)}};
  const std::size_t count = samples.labels.size();
  if (report.gradient.size() > count * samples.classes)
    json["grad2"] = rows_of(samples, report.gradient, count);
  json["per_sample"] = report.per_sample;
  json["margin"] = report.margin;
  if (!report.weight.empty()) json["weight"] = report.weight;
  save_json(file, json, -1);
}

void print_table(const Samples& samples, const Report& report) {
  constexpr std::size_t shown = 20;
  const std::size_t count = samples.labels.size();
  say("{:>8}{:>8}{:>12}{:>12}", "sample", "label", "margin", "loss");
  say("{}{:>14}\n", report.weight.empty() ? "" : fmt::format("{:>12}", "weight"), "|grad|_1");
  for (std::size_t i = 0; i < std::min(count, shown); ++i) {
    double norm = 0;  // of the sample's own loss
    for (int k = 0; k < samples.classes; ++k)
      norm += std::abs(report.gradient[i * samples.classes + k]) * static_cast<double>(count);
    say("{:>8}{:>8}{:>12.4f}{:>12.6g}", i, samples.labels[i], report.margin[i], report.per_sample[i]);
    say("{}{:>14.6g}\n", report.weight.empty() ? "" : fmt::format("{:>12.6g}", report.weight[i]), norm);
  }
  if (count > shown) say("{:>8} and {} more; --json has them all\n", "...", count - shown);
  say("mean loss of {} samples: {:.8g}\n", count, report.mean);
}

std::vector<NamedCurve> read_curves(const LossOptions& options) {
  std::vector<NamedCurve> curves;
  std::istringstream words(options.loss);
  for (std::string word; words >> word;) {
    const Spec spec(word, "--loss");
    if (transition_request(spec)) reject("--plot draws losses of p_y alone, and {} is none", word);
    const auto curve = make_loss(spec)->curve();
    if (!curve) reject("--plot draws losses of p_y alone, and {} is none", word);
    curves.push_back({word, *curve});
  }
  return curves;
}

void check(const LossOptions& o) {
  if (!o.scheme.empty() && (o.logits.empty() || o.labels.empty() || o.lr.empty()))
    reject("--scheme needs --logits, --labels and --lr");
  if (!o.scheme.empty() && !(o.plot.empty() && o.logits2.empty()))
    reject("--scheme goes with neither --plot nor --logits2");
  if (o.scheme.empty() && !o.lr.empty()) reject("--lr is for --scheme");
  if (o.scheme.empty() && o.loss.find_first_not_of(' ') == std::string::npos)
    reject("loss needs --loss; noisegate list losses names them");
  if (o.logits.empty() != o.labels.empty()) reject("--logits and --labels belong together");
  if (o.logits.empty() && o.plot.empty()) reject("loss needs --logits and --labels, or --plot");
  if (o.logits.empty() && !o.json.empty()) reject("--json needs --logits and --labels");
  if (o.logits.empty() && !o.logits2.empty()) reject("--logits2 needs --logits and --labels");
  if (!o.plot.empty() && !o.plot.ends_with(".svg"))
    reject("--plot {}: the file's name must end in .svg", o.plot);
  if (o.classes < 2) reject("--classes must be at least 2, not {}", o.classes);
  require_seed(o.seed);
  for (const std::string& file : {o.plot, o.json}) require_writable(file);
}

}  // namespace

int loss_command(const Arguments& arguments) {
  LossOptions options;
  const CommandLine line = loss_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  if (!options.scheme.empty()) {
    replay_scheme({options.scheme, options.loss.empty() ? "ce" : options.loss, options.logits, options.labels,
                   options.lr, options.json, options.seed});
    return 0;
  }
  if (!options.plot.empty())
    write_file_atomically(options.plot, loss_plot_svg(read_curves(options), options.classes));
  if (options.logits.empty()) return 0;

  const Samples samples = read_samples(options);
  const auto loss = read_loss(options, samples);
  if (loss->views() == 2 && options.logits2.empty())
    reject("--loss {} compares two views: it needs --logits2", options.loss);
  if (loss->views() == 1 && !options.logits2.empty())
    reject("--loss {} looks at one view: --logits2 is for gjs", options.loss);
  const Report report = evaluate(*loss, samples, options.seed);
  print_table(samples, report);
  if (!options.json.empty()) write_json(options.json, samples, report);
  return 0;
}

}  // namespace noisegate
