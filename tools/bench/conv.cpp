// noisegate bench conv: every convolution of a model alone, compared with the machine's limits and, on a GPU,
// with cuDNN; and the ladder that leads from a convolution's definition to the production kernel.
#include "engine/device.h"
#include "engine/error.h"
#include "engine/gpu_bench.h"
#include "engine/io/files.h"
#include "tools/bench/bench.h"
#include "tools/bench/convolution_bench.h"
#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using Json = nlohmann::ordered_json;

struct BenchOptions {
  std::string model = "wrn-28-2", json;
  DeviceOptions on{.device = "cpu"};
  int batch_size = 128, samples = 7;
  bool ladder = false, no_cudnn = false;
};

CommandLine bench_conv_command_line(BenchOptions& o) {
  return {.command = "bench conv",
          .summary = "times each convolution of a model beside the machine's limit",
          .options = {{"model", "SPEC", "see noisegate list models", &o.model},
                      {"batch-size", "N", "32x32x3 images a step", &o.batch_size},
                      {"samples", "N", "of which the median counts", &o.samples},
                      o.on.row("device"),
                      o.on.row("precision"),
                      o.on.row("threads"),
                      o.on.row("conv"),
                      {"ladder", "", "the rungs from the definition to the production kernel", &o.ladder},
                      {"no-cudnn", "", "leaves cuDNN out", &o.no_cudnn},
                      {"json", "FILE", "also write the results here", &o.json}}};
}

/// What the machine can do at most; bytes_per_second is 0 where that is not known.
struct Limits {
  std::string name;
  double flops = 0, bytes_per_second = 0;

  /// Returns the least time for this many operations and bytes.
  double seconds(double flops_needed, double bytes) const {
    return std::max(flops_needed / flops, bytes_per_second > 0 ? bytes / bytes_per_second : 0);
  }
};

Limits limits_of(Device device, NumberFormat format) {
  if (device == Device::cpu)
    return {fmt::format("{} threads", thread_count()), measure_peak_flops(thread_count())};
  const GpuLimits gpu = gpu_bench().limits();
  // Of TF32 numbers float32 needs three products for one.
  const double flops = format == NumberFormat::bf16   ? gpu.bf16_flops
                       : format == NumberFormat::tf32 ? gpu.tf32_flops
                                                      : std::max(gpu.fp32_flops, gpu.tf32_flops / 3);
  return {gpu.name, flops, gpu.bytes_per_second};
}

/// cuDNN, or nothing and why.
struct Yardstick {
  std::unique_ptr<cuda::Convolutions> cudnn;
  std::string missing;
};

Yardstick yardstick(const BenchOptions& options, Device device, NumberFormat format) {
  if (device == Device::cpu) return {};
  if (options.no_cudnn) return {nullptr, "left out"};
  try {
    return {gpu_bench().cudnn(format != NumberFormat::fp32), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

Json timing(double seconds, double flops, double bytes, const Limits& limits) {
  return {{"milliseconds", 1e3 * seconds},
          {"gflops", flops / seconds / 1e9},
          {"gigabytes_per_second", bytes / seconds / 1e9},
          {"share_of_limit", limits.seconds(flops, bytes) / seconds}};
}

/// What all measurements have in common.
struct Setting {
  Device device;
  NumberFormat format;
  Limits limits;
  int samples;

  std::size_t element() const { return format == NumberFormat::bf16 ? 2 : sizeof(float); }
  double least_seconds(const ConvolutionCall& call) const {
    return limits.seconds(flops_of(call), bytes_of(call, element()));
  }
  Json time(const ConvolutionCall& call, const ConvolutionOperands& operands,
            const ConvolutionWork& work) const {
    const double seconds = time_convolution(device, work, operands.copies(), least_seconds(call), samples);
    return timing(seconds, flops_of(call), bytes_of(call, element()), limits);
  }
};

Json describe(const ConvolutionCall& call) {
  return {{"image", call.image.extents()},
          {"kernel", call.kernel.extents()},
          {"stride", call.window.stride},
          {"padding", call.window.padding}};
}

std::string short_name(const Json& row) {
  const auto& image = row["image"];
  const auto& kernel = row["kernel"];
  return fmt::format("{}x{}x{} -> {}, {}x{}{}", image[1].get<int>(), image[2].get<int>(), image[3].get<int>(),
                     kernel[0].get<int>(), kernel[1].get<int>(), kernel[2].get<int>(),
                     row["stride"] == 1 ? "" : fmt::format(" /{}", row["stride"].get<int>()));
}

void print_head(bool cudnn) {
  say("{:<27}{:>3}  {:<16}{:>9}{:>9}{:>8}{:>8}", "convolution", "x", "product", "ms", "GFLOP/s", "GB/s",
      "limit");
  say("{}\n", cudnn ? fmt::format("{:>10}{:>7}{:>10}", "cuDNN ms", "speed", "differs") : "");
}

void print_row(const Json& row) {
  const Json& native = row["native"];
  say("{:<27}{:>3}  {:<16}{:>9.4f}{:>9.0f}{:>8.0f}{:>7.0f}%", short_name(row), row["count"].get<int>(),
      row["product"].get<std::string>(), native["milliseconds"].get<double>(), native["gflops"].get<double>(),
      native["gigabytes_per_second"].get<double>(), 100 * native["share_of_limit"].get<double>());
  if (row.contains("cudnn"))
    say("{:>10.4f}{:>7.2f}{:>10.1e}", row["cudnn"]["milliseconds"].get<double>(),
        row["speed_of_cudnn"].get<double>(), row["deviation"].get<double>());
  say("\n");
}

Json measure_product(const Setting& setting, const ConvolutionProblem& problem,
                     const ConvolutionOperands& operands, ConvolutionPass pass, cuda::Convolutions* cudnn) {
  Json row = describe(problem.call);
  row["count"] = problem.count;
  row["product"] = name_of(pass);
  row["flops"] = flops_of(problem.call);
  row["bytes"] = bytes_of(problem.call, setting.element());
  row["native"] = setting.time(problem.call, operands, [&](int copy) { return operands.native(pass, copy); });
  if (!cudnn) return row;
  row["cudnn"] =
      setting.time(problem.call, operands, [&](int copy) { return operands.by(*cudnn, pass, copy); });
  row["speed_of_cudnn"] =
      row["cudnn"]["milliseconds"].get<double>() / row["native"]["milliseconds"].get<double>();
  row["deviation"] = deviation_of(operands.native(pass, 0), operands.by(*cudnn, pass, 0));
  return row;
}

Json measure_model(const Setting& setting, const std::vector<ConvolutionProblem>& problems,
                   cuda::Convolutions* cudnn) {
  Json rows = Json::array();
  print_head(cudnn != nullptr);
  for (const ConvolutionProblem& problem : problems) {
    const ConvolutionOperands operands(problem.call, setting.device, setting.format == NumberFormat::bf16);
    for (const ConvolutionPass pass : passes_of(problem)) {
      rows.push_back(measure_product(setting, problem, operands, pass, cudnn));
      print_row(rows.back());
    }
  }
  return rows;
}

/// Each product summed over the network, and all three.
Json totals(const Json& rows, const Limits& limits) {
  struct Sum {
    double native = 0, cudnn = 0, limit = 0, flops = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Json& row : rows) {
    const int count = row["count"];
    for (const std::string& product : {row["product"].get<std::string>(), std::string("whole step")}) {
      Sum& sum = sums[product];
      sum.native += count * row["native"]["milliseconds"].get<double>();
      if (row.contains("cudnn")) sum.cudnn += count * row["cudnn"]["milliseconds"].get<double>();
      sum.limit += count * 1e3 * limits.seconds(row["flops"], row["bytes"]);
      sum.flops += count * row["flops"].get<double>();
    }
  }
  Json result = Json::array();
  for (const char* product : {"forward", "input gradient", "weight gradient", "whole step"}) {
    const Sum& sum = sums[product];
    Json row = {{"product", product},
                {"native_milliseconds", sum.native},
                {"limit_milliseconds", sum.limit},
                {"share_of_limit", sum.limit / sum.native},
                {"gflops", sum.flops / sum.native / 1e6}};
    if (sum.cudnn > 0) {
      row["cudnn_milliseconds"] = sum.cudnn;
      row["speed_of_cudnn"] = sum.cudnn / sum.native;
    }
    result.push_back(row);
  }
  return result;
}

void print_totals(const Json& rows) {
  say("\n{:<18}{:>11}{:>10}{:>13}{:>8}", "over the network", "ms", "GFLOP/s", "limit's ms", "limit");
  say("{}\n", rows[0].contains("cudnn_milliseconds") ? fmt::format("{:>11}{:>8}", "cuDNN ms", "speed") : "");
  for (const Json& row : rows) {
    say("{:<18}{:>11.3f}{:>10.0f}{:>13.3f}{:>7.0f}%", row["product"].get<std::string>(),
        row["native_milliseconds"].get<double>(), row["gflops"].get<double>(),
        row["limit_milliseconds"].get<double>(), 100 * row["share_of_limit"].get<double>());
    if (row.contains("cudnn_milliseconds"))
      say("{:>11.3f}{:>8.2f}", row["cudnn_milliseconds"].get<double>(), row["speed_of_cudnn"].get<double>());
    say("\n");
  }
}

/// The rungs on the convolution that has the most of the network's operations: in float32 tensors, whose
/// products the tensor cores round to TF32 unless fp32 was asked for, and the production kernel in bfloat16
/// where that was.
Json measure_ladder(const Setting& setting, const std::vector<ConvolutionProblem>& problems) {
  const auto operations = [](const ConvolutionProblem& problem) {
    return problem.count * flops_of(problem.call);
  };
  const ConvolutionCall call = std::ranges::max(problems, {}, operations).call;
  Json result = describe(call);
  result["flops"] = flops_of(call);
  result["rungs"] = Json::array();
  const auto add = [&](const Setting& of_rung, const ConvolutionOperands& operands, const std::string& name,
                       const std::string& idea, const ConvolutionWork& forward, const Tensor& expected) {
    Json row = of_rung.time(call, operands, forward);
    row["rung"] = name;
    row["idea"] = idea;
    row["precision"] = to_string(of_rung.format);
    row["bytes"] = bytes_of(call, of_rung.element());
    row["deviation"] = deviation_of(forward(0), expected);
    result["rungs"].push_back(row);
  };

  const NumberFormat of_floats =
      setting.format == NumberFormat::fp32 ? NumberFormat::fp32 : NumberFormat::tf32;
  const Setting floats{setting.device, of_floats, limits_of(setting.device, of_floats), setting.samples};
  const ConvolutionOperands operands(call, setting.device, false);
  const Tensor expected = operands.by(gpu_bench().ladder.front(), 0);
  for (const LadderRung& rung : gpu_bench().ladder)
    add(
        floats, operands, rung.name, rung.idea, [&](int copy) { return operands.by(rung, copy); }, expected);
  const auto production = [](const ConvolutionOperands& tensors) {
    return [&tensors](int copy) { return tensors.native(ConvolutionPass::forward, copy); };
  };
  add(floats, operands, "production", "copies run behind the products", production(operands), expected);
  if (setting.format == NumberFormat::bf16) {
    const ConvolutionOperands halves(call, setting.device, true);
    add(setting, halves, "production, bf16", "16-bit numbers, ldmatrix, tiles by the shape",
        production(halves), expected);
  }
  return result;
}

void print_ladder(const Json& ladder) {
  say("\n{}, forward: {:.2f} GFLOP\n", short_name(ladder), ladder["flops"].get<double>() / 1e9);
  say("{:<18}{:>9}{:>10}{:>10}{:>8}{:>8}{:>10}  {}\n", "rung", "MB", "ms", "GFLOP/s", "GB/s", "limit",
      "differs", "idea");
  for (const Json& rung : ladder["rungs"])
    say("{:<18}{:>9.1f}{:>10.4f}{:>10.0f}{:>8.0f}{:>7.1f}%{:>10.1e}  {}\n", rung["rung"].get<std::string>(),
        rung["bytes"].get<double>() / 1e6, rung["milliseconds"].get<double>(), rung["gflops"].get<double>(),
        rung["gigabytes_per_second"].get<double>(), 100 * rung["share_of_limit"].get<double>(),
        rung["deviation"].get<double>(), rung["idea"].get<std::string>());
}

void check(const BenchOptions& options) {
  if (options.batch_size < 1) reject("--batch-size must be at least 1, not {}", options.batch_size);
  if (options.samples < 1) reject("--samples must be at least 1, not {}", options.samples);
}

}  // namespace

int bench_conv(const Arguments& arguments) {
  BenchOptions options;
  const CommandLine line = bench_conv_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);
  require_writable(options.json);
  const Device device = options.on.apply();
  const NumberFormat format = number_format();
  if (options.ladder && device == Device::cpu)
    reject("--ladder times kernels of the GPU; give it --device cuda");

  const std::vector<ConvolutionProblem> problems =
      convolution_problems(Spec(options.model, "--model"), options.batch_size);
  const Setting setting{device, format, limits_of(device, format), options.samples};
  const Yardstick cudnn = yardstick(options, device, format);
  say("{} batch {}, {} ({}), {}: medians of {}; at most {:.0f} GFLOP/s", options.model, options.batch_size,
      to_string(device), setting.limits.name, to_string(format), options.samples, setting.limits.flops / 1e9);
  say("{}\n", setting.limits.bytes_per_second > 0
                  ? fmt::format(" and {:.0f} GB/s", setting.limits.bytes_per_second / 1e9)
                  : "");
  if (!cudnn.missing.empty()) say("without cuDNN: {}\n", cudnn.missing);

  Json result = {{"model", options.model},
                 {"batch_size", options.batch_size},
                 {"device", to_string(device)},
                 {"name", setting.limits.name},
                 {"precision", to_string(format)},
                 {"limit_gflops", setting.limits.flops / 1e9},
                 {"limit_gigabytes_per_second", setting.limits.bytes_per_second / 1e9}};
  if (!cudnn.missing.empty()) result["without_cudnn"] = cudnn.missing;
  if (options.ladder) {
    result["ladder"] = measure_ladder(setting, problems);
    print_ladder(result["ladder"]);
  } else {
    result["convolutions"] = measure_model(setting, problems, cudnn.cudnn.get());
    result["totals"] = totals(result["convolutions"], setting.limits);
    print_totals(result["totals"]);
  }
  if (!options.json.empty()) save_json(options.json, result);
  return 0;
}

}  // namespace noisegate
