// noisegate bench schemes: compares a training step under each scheme with one of plain cross entropy, step
// by step in turn, so that other load on the machine affects all of them.
#include "engine/error.h"
#include "engine/io/files.h"
#include "tools/bench/bench.h"
#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"
#include "tools/train/stopwatch.h"
#include "tools/train/trainer.h"

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct BenchOptions {
  std::string model = "wrn-28-2", json;
  DeviceOptions on{.device = "cpu"};
  int batch_size = 128, steps = 10;
};

CommandLine bench_schemes_command_line(BenchOptions& o) {
  return {.command = "bench schemes",
          .summary = "times training steps under each scheme beside plain cross entropy",
          .options = {{"model", "SPEC", "see noisegate list models", &o.model},
                      {"batch-size", "N", "drawn 32x32x3 images a step", &o.batch_size},
                      {"steps", "N", "timed, after 2 to warm up", &o.steps},
                      o.on.row("threads"),
                      {"json", "FILE", "also write the results here", &o.json}}};
}

/// What is timed: the first is what the others are compared with.
struct Candidate {
  std::string loss, scheme;
};
const std::vector<Candidate> candidates = {{"ce", "none"},
                                           {"ce", "mo"},
                                           {"ce", "ogc"},
                                           {"gce", "ogc"},
                                           {"ce", "sln"},
                                           {"ce", "sln:mo=0.999"},
                                           {"ce", "noise-on-logits"},
                                           {"ce", "noise-on-weights"},
                                           {"gce", "truncated"},
                                           {"ce", "co-teaching"},
                                           {"ce", "label-confidence:rho=0"},
                                           {"ce", "label-confidence"}};

std::unique_ptr<Trainer> make_trainer(const BenchOptions& bench, const Candidate& candidate) {
  TrainOptions options;
  options.dataset = fmt::format("synthetic:train={},test=2", 2 * bench.batch_size);
  options.model = bench.model;
  options.loss = candidate.loss;
  options.scheme = candidate.scheme;
  options.batch_size = bench.batch_size;
  options.validation = candidate.scheme == "truncated" ? 0.1 : 0;
  options.noise = "symmetric:0.4";
  return std::make_unique<Trainer>(options, prepare_data(options));
}

/// One step on the first images of the training set; returns its seconds.
double timed_step(Trainer& trainer, int batch_size) {
  std::vector<std::int32_t> positions(batch_size);
  std::iota(positions.begin(), positions.end(), 0);
  const Stopwatch watch;
  trainer.step(std::move(positions), 0.01);
  return watch.seconds();
}

nlohmann::ordered_json measure(const BenchOptions& options) {
  constexpr int warm_up_steps = 2;
  std::vector<std::unique_ptr<Trainer>> trainers;
  for (const Candidate& candidate : candidates) trainers.push_back(make_trainer(options, candidate));
  std::vector<std::vector<double>> seconds(candidates.size()), ratios(candidates.size());
  for (int step = 0; step < warm_up_steps + options.steps; ++step) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double time = timed_step(*trainers[i], options.batch_size);
      if (step < warm_up_steps) continue;
      seconds[i].push_back(time);
      ratios[i].push_back(time / seconds.front().back());
    }
  }
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < candidates.size(); ++i)
    results.push_back({{"loss", candidates[i].loss},
                       {"scheme", candidates[i].scheme},
                       {"median_ms", 1e3 * median(seconds[i])},
                       {"times_plain", median(ratios[i])}});
  return {{"model", options.model},
          {"batch_size", options.batch_size},
          {"threads", thread_count()},
          {"steps", options.steps},
          {"schemes", results}};
}

void print(const nlohmann::ordered_json& result) {
  say("{} batch {}, cpu, threads {}: medians of {} steps, taken in turn\n",
      result["model"].get<std::string>(), result["batch_size"].get<int>(), result["threads"].get<int>(),
      result["steps"].get<int>());
  say("{:<8}{:<26}{:>10}{:>14}\n", "loss", "scheme", "ms", "times plain");
  for (const auto& row : result["schemes"])
    say("{:<8}{:<26}{:>10.1f}{:>14.3f}\n", row["loss"].get<std::string>(), row["scheme"].get<std::string>(),
        row["median_ms"].get<double>(), row["times_plain"].get<double>());
}

}  // namespace

int bench_schemes(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_schemes_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  if (options.batch_size < 2) reject("--batch-size must be at least 2, not {}", options.batch_size);
  if (options.steps < 1) reject("--steps must be at least 1, not {}", options.steps);
  require_writable(options.json);
  options.on.apply();
  const nlohmann::ordered_json result = measure(options);
  print(result);
  if (!options.json.empty()) save_json(options.json, result);
  return 0;
}

}  // namespace noisegate
