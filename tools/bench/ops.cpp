// noisegate bench ops: the ops between the convolutions, forward and backward, each alone; losses compared
// with cross entropy, which is timed again next to each of them, because the machine's speed drifts.
#include "engine/ops.h"

#include "engine/device.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/replay.h"
#include "losses/registry.h"
#include "tools/bench/bench.h"
#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"
#include "tools/train/stopwatch.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct BenchOptions {
  std::string json;
  DeviceOptions on{.device = "cpu"};
  int samples = 41;
};

CommandLine bench_ops_command_line(BenchOptions& o) {
  return {.command = "bench ops",
          .summary = "times ops forward and backward, and every loss beside cross entropy",
          .options = {{"samples", "N", "of which the median counts", &o.samples},
                      o.on.row("device"),
                      o.on.row("threads"),
                      {"json", "FILE", "also write the results here", &o.json}}};
}

using Call = std::function<void()>;

/// Returns the call as it is timed: on a GPU captured, so that the host's part does not count.
Call timed(const Call& call, Device device) {
  return [call, replay = std::make_shared<Replay>(device, true)] { replay->run(call); };
}

double seconds_of(const Call& call, int repeats, Device device) {
  const Stopwatch watch;
  for (int i = 0; i < repeats; ++i) call();
  device_queue(device).wait();
  return watch.seconds() / repeats;
}

/// How often to repeat a call so that reading the clock does not count.
int repeats_for(const Call& call, Device device) {
  constexpr double sample = 1e-3;
  seconds_of(call, 3, device);  // warms up
  return std::clamp(static_cast<int>(sample / seconds_of(call, 3, device)), 1, 1000);
}

/// The median seconds of a call and of a reference, taken in turns; and the median of their ratios.
struct Comparison {
  double call, reference, ratio;
};
Comparison compare(const Call& first, const Call& second, int samples, Device device) {
  const Call call = timed(first, device), reference = timed(second, device);
  const int call_repeats = repeats_for(call, device), reference_repeats = repeats_for(reference, device);
  std::vector<double> calls, references, ratios;
  for (int i = 0; i < samples; ++i) {
    references.push_back(seconds_of(reference, reference_repeats, device));
    calls.push_back(seconds_of(call, call_repeats, device));
    ratios.push_back(calls.back() / references.back());
  }
  return {median(calls), median(references), median(ratios)};
}

Variable random_variable(const Shape& shape, Device device) {
  Philox random(1, Purpose::test);
  std::vector<float> values(shape.numel());
  for (float& value : values) value = random.normal();
  return Variable(Tensor::from(values, shape).to(device), true);
}

/// Forward and backward of a loss of logits (samples, classes).
Call loss_call(const std::string& spec, int samples, int classes, Device device) {
  LossSetting setting{std::vector<double>(classes, 1.0 / classes), {}};
  if (transition_request(Spec(spec, "--loss"))) {
    setting.transition.assign(std::size_t(classes) * classes, 0.4 / (classes - 1));
    for (int i = 0; i < classes; ++i) setting.transition[i * classes + i] = 0.6;
  }
  std::shared_ptr<Loss> loss = make_loss(Spec(spec, "--loss"), setting);
  Variable logits = random_variable({loss->views() * samples, classes}, device);
  Philox random(2, Purpose::test);
  std::vector<std::int32_t> labels(samples);
  for (std::int32_t& label : labels) label = static_cast<std::int32_t>(random.below(classes));
  return [loss, logits, given = Tensor::from(labels).to(device)]() mutable {
    backward((*loss)(logits, given));
    logits.clear_grad();
  };
}

std::vector<std::string> loss_specs() {
  std::vector<std::string> specs;
  for (const LossInfo& info : list_losses())
    specs.push_back(info.needs_transition ? info.name + ":true" : info.name);
  for (const SumInfo& info : list_sums()) specs.push_back(info.name);
  return specs;
}

/// Two views are twice the logits, so gjs is compared with cross entropy of the same number.
Comparison compare_loss(const std::string& spec, int samples, int classes, int repetitions, Device device) {
  const int views = make_loss(Spec("gjs", "--loss"))->views();
  const int logits = spec.starts_with("gjs") ? views * samples : samples;
  return compare(loss_call(spec, samples, classes, device), loss_call("ce", logits, classes, device),
                 repetitions, device);
}

struct Op {
  std::string name, shape;
  Call call;
};

template <class Forward>
Op op(const std::string& name, const Shape& shape, Device device, Forward forward) {
  Variable x = random_variable(shape, device);
  return {name, to_string(shape), [x, forward]() mutable {
            const Variable y = forward(x);
            backward(y, Tensor::full(y.shape(), 1, y.value().device()));
            x.clear_grad();
          }};
}

/// At the sizes of WRN-28-2 with 128 images a step.
std::vector<Op> ops(Device device) {
  const Shape image{128, 32, 32, 32}, logits{128, 10};
  const auto constant = [=](float value) { return Tensor::full({32}, value, device); };
  const Variable scale(constant(1), true), shift(constant(0), true);
  const auto normalise = [=](const Variable& x) {
    Tensor mean = constant(0), variance = constant(1);
    return batch_norm(x, scale, shift, mean, variance, {.relu = true});
  };
  const auto soft = [](const Variable& x) { return softmax(x); };
  return {op("batch_norm + relu", image, device, normalise),
          op("relu", image, device, [](const Variable& x) { return relu(x); }),
          op("max_pool2d", image, device, [](const Variable& x) { return max_pool2d(x, {}); }),
          op("global_average_pool", image, device, [](const Variable& x) { return global_average_pool(x); }),
          op("softmax", logits, device, soft),
          op("softmax", {512, 1000}, device, soft)};
}

nlohmann::ordered_json measure_ops(int samples, Device device) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  say("{:<24}{:<20}{:>12}\n", "op", "input", "us");
  for (const Op& each : ops(device)) {
    const double seconds = compare(each.call, each.call, samples, device).call;
    say("{:<24}{:<20}{:>12.1f}\n", each.name, each.shape, 1e6 * seconds);
    rows.push_back({{"op", each.name}, {"input", each.shape}, {"microseconds", 1e6 * seconds}});
  }
  return rows;
}

nlohmann::ordered_json measure_losses(int samples, Device device) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  say("\n{:<20}{:>14}{:>10}{:>16}{:>10}\n", "loss", "us, 128x10", "over ce", "us, 512x1000", "over ce");
  for (const std::string& spec : loss_specs()) {
    const Comparison few = compare_loss(spec, 128, 10, samples, device),
                     many = compare_loss(spec, 512, 1000, samples, device);
    say("{:<20}{:>14.2f}{:>10.2f}{:>16.1f}{:>10.2f}\n", spec, 1e6 * few.call, few.ratio, 1e6 * many.call,
        many.ratio);
    for (const auto& [shape, result] : {std::pair("128x10", few), std::pair("512x1000", many)})
      rows.push_back({{"loss", spec},
                      {"logits", shape},
                      {"microseconds", 1e6 * result.call},
                      {"ce_microseconds", 1e6 * result.reference},
                      {"over_ce", result.ratio}});
  }
  return rows;
}

}  // namespace

int bench_ops(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_ops_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  if (options.samples < 1) reject("--samples must be at least 1, not {}", options.samples);
  require_writable(options.json);
  const Device device = options.on.apply();

  say("forward and backward on {}, threads {}: medians of {}\n\n", to_string(device), thread_count(),
      options.samples);
  nlohmann::ordered_json result = {{"device", to_string(device)}, {"threads", thread_count()}};
  result["ops"] = measure_ops(options.samples, device);
  result["losses"] = measure_losses(options.samples, device);
  if (!options.json.empty()) save_json(options.json, result);
  return 0;
}

}  // namespace noisegate
