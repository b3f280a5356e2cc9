// noisegate bench step: forward, cross-entropy, backward and SGD on random images, timed as a whole.
#include "engine/device.h"
#include "engine/error.h"
#include "engine/memory.h"
#include "engine/optimizer.h"
#include "engine/random.h"
#include "engine/serialize.h"
#include "engine/trace.h"
#include "layers/models.h"
#include "losses/loss.h"
#include "tools/bench.h"
#include "tools/command_line.h"
#include "tools/stopwatch.h"

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
  std::string model = "wrn-28-2", device = "cpu", conv = "auto", json;
  int batch_size = 128, threads = 0, steps = 20;
  bool profile = false;
};

CommandLine bench_step_command_line(BenchOptions& o) {
  return {.command = "bench step",
          .summary = "times a whole training step (forward, cross-entropy, backward, SGD)",
          .word = "",
          .options = {{"model", "SPEC", "see noisegate list models", &o.model},
                      {"batch-size", "N", "random 32x32x3 images a step", &o.batch_size},
                      {"steps", "N", "timed, after 3 to warm up", &o.steps},
                      {"device", "NAME", "cpu", &o.device},
                      {"threads", "N", "of the CPU, 0: one a core", &o.threads},
                      {"conv", "NAME", "convolutions: auto (Winograd's where it pays), direct", &o.conv},
                      {"profile", "", "also where the time goes, op by op", &o.profile},
                      {"json", "FILE", "also write the results here", &o.json}},
          .later = {"precision"}};
}

/// A model, a batch of random images and all that a step needs.
class Bench {
 public:
  explicit Bench(const BenchOptions& options)
      : model_(make_model(Spec(options.model, "--model"), {}, classes, 1)),
        loss_(make_loss(Spec("ce", "--loss"))),
        optimizer_(model_->variables(), SgdOptions{.momentum = 0.9, .weight_decay = 5e-4}) {
    const ImageFormat format;
    Philox random(1, Purpose::test);
    std::vector<float> pixels(static_cast<std::size_t>(options.batch_size) * format.height * format.width *
                              format.channels);
    for (float& pixel : pixels) pixel = random.normal();
    images_ = Tensor::from(pixels, {options.batch_size, format.height, format.width, format.channels});
    std::vector<std::int32_t> labels(options.batch_size);
    for (std::int32_t& label : labels) label = static_cast<std::int32_t>(random.below(classes));
    labels_ = Tensor::from(labels);
  }

  /// One step; returns its seconds.
  double step() {
    const Stopwatch watch;
    const Variable loss = (*loss_)((*model_)(Variable(images_)), labels_);
    backward(loss);
    optimizer_.step(0.01);
    return watch.seconds();
  }

 private:
  std::unique_ptr<Module> model_;
  std::unique_ptr<Loss> loss_;
  Sgd optimizer_;
  Tensor images_, labels_;
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

nlohmann::ordered_json measure(const BenchOptions& options, Device device) {
  Bench bench(options);
  const Timing timing = time_steps(bench, options.steps);
  const std::size_t tensor_peak = memory_statistics(device).peak, process_peak = peak_resident_memory();
  const Profile profiled = profile(bench);
  // A multiply-add is two operations; each layer's is done once forward and twice backward, for the gradients
  // of its input and of its weights.
  const double flops = 3 * 2 * profiled.forward_multiply_adds / timing.median;
  const double peak = measure_peak_flops(thread_count());
  return {{"model", options.model},
          {"batch_size", options.batch_size},
          {"device", to_string(device)},
          {"threads", thread_count()},
          {"conv", options.conv},
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
  fmt::print("{} batch {}, {}, threads {}, fp32: median of {} steps\n", result["model"].get<std::string>(),
             result["batch_size"].get<int>(), result["device"].get<std::string>(),
             result["threads"].get<int>(), result["steps"].get<int>());
  fmt::print("  step      {:9.1f} ms (fastest {:.1f} ms)\n", number("median_ms"), number("fastest_ms"));
  fmt::print("  images    {:9.1f} a second\n", number("images_per_second"));
  fmt::print("  memory    {:9.1f} MiB of tensors at most, {:.1f} MiB of the process\n",
             number("tensor_peak_bytes") / mebibyte, number("process_peak_bytes") / mebibyte);
  fmt::print("  compute   {:9.1f} GFLOP/s in convolutions and matrix products, over the whole step's time\n",
             number("gflops"));
  fmt::print("  limit     {:9.1f} GFLOP/s in registers on these threads: the step makes {:.0f}% of it\n",
             number("machine_gflops"), 100 * number("share_of_machine"));
  if (result["conv"] == "auto")
    fmt::print("            (operations of the definition are counted; Winograd's algorithm needs fewer)\n");
}

void print_profile(const nlohmann::ordered_json& ops) {
  fmt::print("\n{:<24}{:<10}{:>10}{:>8}\n", "op", "pass", "ms/step", "calls");
  for (const auto& op : ops) {
    fmt::print("{:<24}{:<10}{:>10.2f}{:>8.0f}\n", op["op"].get<std::string>(), op["pass"].get<std::string>(),
               op["milliseconds"].get<double>(), op["calls"].get<double>());
  }
}

void check(const BenchOptions& options) {
  if (options.batch_size < 1) reject("--batch-size must be at least 1, not {}", options.batch_size);
  if (options.steps < 1) reject("--steps must be at least 1, not {}", options.steps);
  if (options.threads < 0) reject("--threads must be at least 0, not {}", options.threads);
}

}  // namespace

int bench_step(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_step_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  const Device device = parse_device(options.device);
  set_thread_count(options.threads);
  set_convolution_algorithm(parse_convolution_algorithm(options.conv));

  const nlohmann::ordered_json result = measure(options, device);
  print_summary(result);
  if (options.profile) print_profile(result["ops"]);
  if (!options.json.empty()) write_file_atomically(options.json, result.dump(2) + "\n");
  return 0;
}

}  // namespace noisegate
