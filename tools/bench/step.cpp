// noisegate bench step: forward, cross-entropy, backward and SGD on random images, timed as a whole.
#include "engine/device.h"
#include "engine/error.h"
#include "engine/gpu_bench.h"
#include "engine/io/files.h"
#include "engine/memory.h"
#include "engine/random.h"
#include "engine/replay.h"
#include "engine/trace.h"
#include "layers/models.h"
#include "tools/bench/bench.h"
#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"
#include "tools/train/stopwatch.h"
#include "tools/train/training_step.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

constexpr int classes = 10;
constexpr int warm_up_steps = 3;

struct BenchOptions {
  std::string model = "wrn-28-2", json;
  DeviceOptions on{.device = "cpu"};
  int batch_size = 128, steps = 20;
  bool profile = false;
};

CommandLine bench_step_command_line(BenchOptions& o) {
  return {.command = "bench step",
          .summary = "times a whole training step (forward, cross-entropy, backward, SGD)",
          .options = {{"model", "SPEC", "see noisegate list models", &o.model},
                      {"batch-size", "N", "random 32x32x3 images a step", &o.batch_size},
                      {"steps", "N", "timed, after some to warm up", &o.steps},
                      o.on.row("device"),
                      o.on.row("precision"),
                      o.on.row("threads"),
                      o.on.row("conv"),
                      o.on.row("no-graph"),
                      {"profile", "", "also where the CPU's time goes, op by op", &o.profile},
                      {"json", "FILE", "also write the results here", &o.json}}};
}

/// A model, a batch of random images and all that a step needs.
class Bench {
 public:
  Bench(const BenchOptions& options, Device device)
      : device_(device),
        scheme_(make_scheme(Spec("none", "--scheme"), Spec("ce", "--loss"))),
        scalars_({.learning_rate = 0.01}, device),
        replay_(device, !options.on.no_graph) {
    models_.push_back({make_model(Spec(options.model, "--model"), {}, classes, 1, device), nullptr});
    models_.back().optimizer = std::make_unique<Sgd>(models_.back().model->variables(),
                                                     SgdOptions{.momentum = 0.9, .weight_decay = 5e-4});
    const ImageFormat format;
    Philox random(1, Purpose::test);
    std::vector<float> pixels(static_cast<std::size_t>(options.batch_size) * format.height * format.width *
                              format.channels);
    for (float& pixel : pixels) pixel = random.normal();
    inputs_.views = {Tensor::from(pixels, {options.batch_size, format.height, format.width, format.channels})
                         .to(device)
                         .to(activation_dtype(device))};
    std::vector<std::int32_t> labels(options.batch_size);
    for (std::int32_t& label : labels) label = static_cast<std::int32_t>(random.below(classes));
    inputs_.labels = Tensor::from(labels).to(device);
    inputs_.step = {1, scalars_.data()};
  }

  /// One step; on a GPU some in a row, since what the host needs to wait for one is no part of it. Returns
  /// the seconds of one.
  double step() {
    constexpr int in_a_row = 10;
    DeviceQueue& queue = device_queue(device_);
    const int count = queue.is_asynchronous() ? in_a_row : 1;
    const Stopwatch watch;
    for (int i = 0; i < count; ++i)
      replay_.run([this] { training_step(models_, *scheme_, nullptr, inputs_); });
    queue.wait();
    return watch.seconds() / count;
  }

 private:
  Device device_;
  std::vector<TrainedModel> models_;
  std::unique_ptr<Scheme> scheme_;
  DeviceValue<StepScalars> scalars_;
  StepInputs inputs_;
  Replay replay_;
};

/// The largest memory that this process has had, in bytes (VmHWM of Linux), or 0 where the system does not
/// tell.
std::size_t peak_resident_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

struct Timing {
  double median, fastest;  // seconds a step
};

Timing time_steps(Bench& bench, int steps) {
  for (int i = 0; i < warm_up_steps; ++i) bench.step();
  std::vector<double> seconds;
  for (int i = 0; i < steps; ++i) seconds.push_back(bench.step());
  return {median(seconds), *std::ranges::min_element(seconds)};
}

struct Profile {
  double forward_multiply_adds = 0;  // of one step, in convolutions and matrix products
  nlohmann::ordered_json ops = nlohmann::ordered_json::array();
};

/// What the engine's own traces say of a few steps.
Profile profile(Bench& bench) {
  constexpr int steps = 3;
  Profile result;
  Trace::enable(true);
  for (int i = 0; i < steps; ++i) bench.step();
  for (const auto& [key, total] : Trace::totals()) {
    const auto& [op, pass] = key;
    if (pass == Trace::Pass::forward) result.forward_multiply_adds += total.multiply_adds / steps;
    result.ops.push_back({{"op", op},
                          {"pass", pass == Trace::Pass::forward ? "forward" : "backward"},
                          {"milliseconds", 1e3 * total.seconds / steps},
                          {"calls", static_cast<double>(total.calls) / steps}});
  }
  Trace::enable(false);
  std::sort(result.ops.begin(), result.ops.end(),
            [](const auto& a, const auto& b) { return a["milliseconds"] > b["milliseconds"]; });
  return result;
}

/// The arithmetic of a step on the GPU, from a step of one image on the CPU: it grows with the batch.
Profile count_arithmetic(BenchOptions options) {
  const int batch_size = std::exchange(options.batch_size, 1);
  Bench bench(options, Device::cpu);
  Profile profiled = profile(bench);
  profiled.forward_multiply_adds *= batch_size;
  profiled.ops.clear();
  return profiled;
}

/// Of the device, in the format that is used.
double peak_flops(Device device) {
  if (device == Device::cpu) return measure_peak_flops(thread_count());
  const GpuLimits limits = gpu_bench().limits();
  switch (number_format()) {
    case NumberFormat::bf16:
      return limits.bf16_flops;
    case NumberFormat::tf32:
      return limits.tf32_flops;
    case NumberFormat::fp32:
      break;
  }
  return std::max(limits.fp32_flops, limits.tf32_flops / 3);  // TF32 needs three products for one
}

nlohmann::ordered_json measure(const BenchOptions& options, Device device) {
  Bench bench(options, device);
  const Timing timing = time_steps(bench, options.steps);
  const std::size_t tensor_peak = memory_statistics(device).peak, process_peak = peak_resident_memory();
  // On a GPU the host's clock says nothing of single ops; that of the CPU serves to count the arithmetic.
  const Profile profiled = device == Device::cpu ? profile(bench) : count_arithmetic(options);
  // A multiply-add is two operations; each layer's is done once forward and twice backward, for the gradients
  // of its input and of its weights.
  const double flops = 3 * 2 * profiled.forward_multiply_adds / timing.median;
  const double peak = peak_flops(device);
  return {{"model", options.model},
          {"batch_size", options.batch_size},
          {"device", to_string(device)},
          {"precision", options.on.precision},
          {"threads", thread_count()},
          {"conv", options.on.conv},
          {"steps", options.steps},
          {"median_ms", 1e3 * timing.median},
          {"fastest_ms", 1e3 * timing.fastest},
          {"images_per_second", options.batch_size / timing.median},
          {"tensor_peak_bytes", tensor_peak},
          {"process_peak_bytes", process_peak},
          {"gflops", flops / 1e9},
          {"machine_gflops", peak / 1e9},
          {"share_of_machine", flops / peak},
          {"ops", profiled.ops}};
}

void print_summary(const nlohmann::ordered_json& result) {
  const auto number = [&](const char* key) { return result[key].get<double>(); };
  constexpr double mebibyte = 1 << 20;
  const bool on_cpu = result["device"] == "cpu";
  say("{} batch {}, {}{}, {}: median of {} {}\n", result["model"].get<std::string>(),
      result["batch_size"].get<int>(), result["device"].get<std::string>(),
      on_cpu ? fmt::format(", threads {}", result["threads"].get<int>()) : "",
      result["precision"].get<std::string>(), result["steps"].get<int>(),
      on_cpu ? "steps" : "times ten steps in a row");
  say("  step      {:9.{}f} ms (fastest {:.{}f} ms)\n", number("median_ms"), on_cpu ? 1 : 3,
      number("fastest_ms"), on_cpu ? 1 : 3);
  say("  images    {:9.1f} a second\n", number("images_per_second"));
  say("  memory    {:9.1f} MiB of tensors at most, {:.1f} MiB of the process\n",
      number("tensor_peak_bytes") / mebibyte, number("process_peak_bytes") / mebibyte);
  say("  compute   {:9.1f} GFLOP/s in convolutions and matrix products, over the whole step's time\n",
      number("gflops"));
  say("  limit     {:9.1f} GFLOP/s {}: the step makes {:.0f}% of it\n", number("machine_gflops"),
      on_cpu ? "in registers on these threads" : "of the GPU's products in this precision",
      100 * number("share_of_machine"));
  if (on_cpu && result["conv"] == "auto")
    say("            (operations of the definition are counted; Winograd's algorithm needs fewer)\n");
}

void print_profile(const nlohmann::ordered_json& ops) {
  say("\n{:<24}{:<10}{:>10}{:>8}\n", "op", "pass", "ms/step", "calls");
  for (const auto& op : ops) {
    say("{:<24}{:<10}{:>10.2f}{:>8.0f}\n", op["op"].get<std::string>(), op["pass"].get<std::string>(),
        op["milliseconds"].get<double>(), op["calls"].get<double>());
  }
}

void check(const BenchOptions& options) {
  if (options.batch_size < 1) reject("--batch-size must be at least 1, not {}", options.batch_size);
  if (options.steps < 1) reject("--steps must be at least 1, not {}", options.steps);
}

}  // namespace

int bench_step(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_step_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  require_writable(options.json);
  const Device device = options.on.apply();
  if (options.profile && device != Device::cpu)
    reject("--profile is for the CPU: on a GPU, Nsight Systems shows each op by its name with --no-graph");

  const nlohmann::ordered_json result = measure(options, device);
  print_summary(result);
  if (options.profile) print_profile(result["ops"]);
  if (!options.json.empty()) save_json(options.json, result);
  return 0;
}

}  // namespace noisegate
