#include "tools/bench/convolution_bench.h"

#include "engine/backend.h"
#include "engine/queue.h"
#include "engine/random.h"
#include "engine/replay.h"
#include "layers/models.h"
#include "tools/train/stopwatch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace noisegate {
namespace {

bool same_problem(const ConvolutionCall& a, const ConvolutionCall& b) {
  return a.image == b.image && a.kernel == b.kernel && a.window.stride == b.window.stride &&
         a.window.padding == b.window.padding && a.input_gradient == b.input_gradient;
}

Shape output_of(const ConvolutionCall& call) {
  const auto extent = [&](int axis) {
    return (call.image[axis] + 2 * call.window.padding - call.kernel[axis]) / call.window.stride + 1;
  };
  return {call.image[0], extent(1), extent(2), call.kernel[0]};
}

/// Normal numbers, which repeat after a prime number of them.
Tensor random_tensor(const Shape& shape, std::uint32_t sample) {
  constexpr std::size_t period = 65521;
  static const std::vector<float> drawn = [] {
    Philox random(1, Purpose::test);
    std::vector<float> values(period);
    for (float& value : values) value = random.normal();
    return values;
  }();
  std::vector<float> values(shape.numel());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = drawn[(i + 977 * sample) % period];
  return Tensor::from(values, shape);
}

Tensor placed(const Tensor& values, DType dtype, Device device, Layout layout) {
  Tensor tensor = Tensor::empty(values.shape(), dtype, device, layout);
  tensor.copy_from(values);
  return tensor;
}

}  // namespace

std::vector<ConvolutionProblem> convolution_problems(const Spec& spec, int batch_size) {
  const ImageFormat format;
  const auto model = make_model(spec, format, 10, 1);
  const ConvolutionLog log;
  constexpr std::int64_t few = 2;  // images show the shapes as well as many
  (*model)(Variable(Tensor::zeros({few, format.height, format.width, format.channels})));

  std::vector<ConvolutionProblem> problems;
  for (ConvolutionCall call : log.calls()) {
    call.image = {batch_size, call.image[1], call.image[2], call.image[3]};
    const auto known = std::ranges::find_if(
        problems, [&](const ConvolutionProblem& problem) { return same_problem(problem.call, call); });
    if (known == problems.end())
      problems.push_back({call, 1});
    else
      ++known->count;
  }
  return problems;
}

const char* name_of(ConvolutionPass pass) {
  switch (pass) {
    case ConvolutionPass::forward:
      return "forward";
    case ConvolutionPass::input_gradient:
      return "input gradient";
    case ConvolutionPass::weight_gradient:
      break;
  }
  return "weight gradient";
}

std::vector<ConvolutionPass> passes_of(const ConvolutionProblem& problem) {
  if (!problem.call.input_gradient) return {ConvolutionPass::forward, ConvolutionPass::weight_gradient};
  return {ConvolutionPass::forward, ConvolutionPass::input_gradient, ConvolutionPass::weight_gradient};
}

double flops_of(const ConvolutionCall& call) {
  return 2.0 * static_cast<double>(output_of(call).numel()) *
         static_cast<double>(call.kernel.numel() / call.kernel[0]);
}

double bytes_of(const ConvolutionCall& call, std::size_t element) {
  const auto activations = static_cast<double>(call.image.numel() + output_of(call).numel());
  return activations * static_cast<double>(element) +
         static_cast<double>(call.kernel.numel()) * sizeof(float);
}

ConvolutionOperands::ConvolutionOperands(const ConvolutionCall& call, Device device, bool bfloat16)
    : call_(call) {
  const DType dtype = bfloat16 ? DType::bf16 : DType::f32;
  const Layout layout = device == Device::cpu ? call.layout : Layout::plain;
  weight_ = random_tensor(call.kernel, 0).to(device);
  x_.push_back(placed(random_tensor(call.image, 1), dtype, device, layout));
  y_ = native(ConvolutionPass::forward, 0);
  dy_.push_back(placed(random_tensor(y_.shape(), 2), dtype, device, y_.layout()));

  constexpr std::size_t more_than_caches = 160 << 20, most = 16;
  const std::size_t bytes = x_[0].bytes() + dy_[0].bytes();
  const std::size_t copies = std::clamp<std::size_t>(more_than_caches / bytes + 1, 2, most);
  while (x_.size() < copies) {
    x_.push_back(x_[0].clone());
    dy_.push_back(dy_[0].clone());
  }
}

Tensor ConvolutionOperands::native(ConvolutionPass pass, int copy) const {
  Backend& kernels = backend(weight_);
  switch (pass) {
    case ConvolutionPass::forward:
      return kernels.conv2d(x_[copy], weight_, {}, call_.window);
    case ConvolutionPass::input_gradient:
      return kernels.conv2d_backward_input(dy_[copy], weight_, call_.image, call_.window);
    case ConvolutionPass::weight_gradient:
      break;
  }
  return kernels.conv2d_backward_weight(dy_[copy], x_[copy], call_.kernel, call_.window, nullptr);
}

Tensor ConvolutionOperands::by(cuda::Convolutions& convolutions, ConvolutionPass pass, int copy) const {
  switch (pass) {
    case ConvolutionPass::forward:
      return convolutions.forward(x_[copy], weight_, {}, call_.window);
    case ConvolutionPass::input_gradient:
      return convolutions.input_gradient(dy_[copy], weight_, call_.image, call_.window);
    case ConvolutionPass::weight_gradient:
      break;
  }
  return convolutions.weight_gradient(dy_[copy], x_[copy], call_.kernel, call_.window);
}

Tensor ConvolutionOperands::by(const LadderRung& rung, int copy) const {
  Tensor y = Tensor::empty(y_.shape(), DType::f32, y_.device());
  rung.forward(x_[copy], weight_, call_.window, y);
  return y;
}

double time_convolution(Device device, const ConvolutionWork& work, int copies, double least_seconds,
                        int samples) {
  constexpr double sample = 2e-3;  // long enough that starting and waiting do not count
  const int turns = std::clamp(static_cast<int>(sample / std::max(least_seconds, 1e-6)), copies, 200);
  const auto row = [&] {
    std::vector<Tensor> results(copies);
    for (int turn = 0; turn < turns; ++turn) results[turn % copies] = work(turn % copies);
  };
  Replay replay(device, true);
  const auto run = [&] {
    replay.run(row);
    device_queue(device).wait();
  };
  // On the GPU the first time loads the kernels and the second records the row.
  for (int warm_up = 0; warm_up < (device == Device::cpu ? 1 : 3); ++warm_up) run();
  std::vector<double> seconds;
  for (int i = 0; i < samples; ++i) {
    const Stopwatch watch;
    run();
    seconds.push_back(watch.seconds() / turns);
  }
  return median(seconds);
}

double deviation_of(const Tensor& tensor, const Tensor& from) {
  const std::vector<float> a = tensor.to_vector<float>(), b = from.to_vector<float>();
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double here = std::abs(static_cast<double>(a[i]) - b[i]);
    if (!std::isfinite(here)) return std::numeric_limits<double>::infinity();
    difference = std::max(difference, here);
    largest = std::max(largest, std::abs(static_cast<double>(b[i])));
  }
  return difference == 0 ? 0 : difference / largest;
}

}  // namespace noisegate
