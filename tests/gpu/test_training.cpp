// A training run of a small residual network on the emulated GPU beside the same on the CPU.
#include "engine/ops.h"
#include "engine/optimizer.h"
#include "tests/reference_check.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace noisegate;
using reference::normal;

namespace {

constexpr int images = 6, classes = 3, steps = 8;

/// Stem, one residual block with batch norm, a block of stride 2, pooling, classifier.
class SmallNetwork {
 public:
  explicit SmallNetwork(Device device, DType activations = DType::f32)
      : device_(device), activations_(activations) {
    const auto parameter = [&](const std::vector<std::int64_t>& shape, double scale, double offset = 0) {
      const auto drawn = normal(shape, static_cast<std::uint32_t>(parameters_.size()));
      parameters_.emplace_back(on_device(reference::affine(drawn, scale, offset)), true);
    };
    parameter({8, 3, 3, 3}, 0.3);
    parameter({8, 3, 3, 8}, 0.15);
    parameter({8}, 0.1, 1), parameter({8}, 0.1);
    parameter({12, 3, 3, 8}, 0.15);
    parameter({12}, 0.1, 1), parameter({12}, 0.1);
    parameter({classes, 12}, 0.3), parameter({classes}, 0.1);
    for (const std::int64_t channels : {8, 12}) {
      running_mean_.push_back(Tensor::zeros({channels}, DType::f32, device));
      running_variance_.push_back(Tensor::full({channels}, 1, device));
    }
  }

  Variable logits(const Variable& x, std::uint32_t step) {
    const auto& p = parameters_;
    const Variable stem = conv2d(x, p[0], {}, {.padding = 1});
    const Variable first = batch_norm(conv2d(stem, p[1], {}, {.padding = 1}), p[2], p[3], running_mean_[0],
                                      running_variance_[0], {.relu = true}, stem);
    const Variable second = batch_norm(conv2d(first, p[4], {}, {.stride = 2, .padding = 1}), p[5], p[6],
                                       running_mean_[1], running_variance_[1], {.relu = true});
    return linear(dropout(global_average_pool(max_pool2d(second, {})), 0.1f, 5, step), p[7], p[8]);
  }

  std::vector<float> train() {
    const Variable x(on_device(normal({images, 5, 4, 3}, 100)).to(activations_));
    const Tensor labels = Tensor::from(std::vector<std::int32_t>{0, 1, 2, 2, 1, 0}).to(device_);
    Sgd sgd(parameters_, {.momentum = 0.9, .nesterov = true, .weight_decay = 1e-3, .clip_norm = 1});
    std::vector<float> losses;
    for (std::uint32_t step = 0; step < steps; ++step) {
      const Variable loss = affine(mean(gather(log_softmax(logits(x, step)), labels)), -1, 0);
      losses.push_back(static_cast<float>(loss.value().item()));
      backward(loss);
      sgd.step(0.1);
    }
    return losses;
  }

 private:
  Tensor on_device(const reference::Array<double>& x) const { return reference::to_tensor(x).to(device_); }

  Device device_;
  DType activations_;
  std::vector<Variable> parameters_;
  std::vector<Tensor> running_mean_, running_variance_;
};

}  // namespace

TEST_CASE("a run follows the CPU's loss, and comes out the same every time") {
  const std::vector<float> on_cpu = SmallNetwork(Device::cpu).train(),
                           on_gpu = SmallNetwork(Device::cuda).train();
  CHECK(on_cpu.back() < 0.5 * on_cpu.front());
  for (std::size_t step = 0; step < on_cpu.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(on_gpu[step] - on_cpu[step]) <= 1e-4);
  }
  CHECK(SmallNetwork(Device::cuda).train() == on_gpu);
}

TEST_CASE("in bfloat16 a run follows float32's loss, loosely, and comes out the same every time") {
  const std::vector<float> in_float32 = SmallNetwork(Device::cuda).train(),
                           in_bfloat16 = SmallNetwork(Device::cuda, DType::bf16).train();
  for (std::size_t step = 0; step < in_float32.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(in_bfloat16[step] - in_float32[step]) <= 0.05);
  }
  CHECK(in_bfloat16.back() < 0.5 * in_bfloat16.front());
  CHECK(in_bfloat16 != in_float32);
  CHECK(SmallNetwork(Device::cuda, DType::bf16).train() == in_bfloat16);
}
