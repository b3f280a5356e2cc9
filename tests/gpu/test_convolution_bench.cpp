// What `noisegate bench conv` does on a GPU, on convolutions small enough for the emulated one.
#include "engine/error.h"
#include "tests/test_device.h"
#include "tools/bench/convolution_bench.h"

#include <limits>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

const ConvolutionCall small{{2, 5, 6, 8}, {12, 3, 3, 8}, {2, 1}, Layout::plain, true};

/// The backend's products, called by another name.
class Same final : public cuda::Convolutions {
 public:
  explicit Same(const ConvolutionOperands& operands) : operands_(operands) {}
  Tensor forward(const Tensor&, const Tensor&, const Tensor&, ConvolutionWindow) override {
    return operands_.native(ConvolutionPass::forward, 0);
  }
  Tensor input_gradient(const Tensor&, const Tensor&, const Shape&, ConvolutionWindow) override {
    return operands_.native(ConvolutionPass::input_gradient, 0);
  }
  Tensor weight_gradient(const Tensor&, const Tensor&, const Shape&, ConvolutionWindow) override {
    return operands_.native(ConvolutionPass::weight_gradient, 0);
  }

 private:
  const ConvolutionOperands& operands_;
};

}  // namespace

TEST_CASE("every product of every kind is worked out and timed on each copy") {
  const ConvolutionOperands operands(small, test_device, false);
  Same same(operands);
  for (const ConvolutionPass pass : passes_of({small, 1})) {
    CAPTURE(name_of(pass));
    int calls = 0;
    const auto work = [&](int copy) {
      ++calls;
      return operands.native(pass, copy);
    };
    CHECK(time_convolution(test_device, work, operands.copies(), 1, 2) > 0);
    CHECK(calls == 2 * operands.copies());  // once as it comes, once to be recorded; then the record runs
    for (int copy = 0; copy < operands.copies(); ++copy)
      CHECK(deviation_of(operands.native(pass, copy), operands.by(same, pass, copy)) == 0);
  }
  for (const LadderRung& rung : gpu_bench().ladder) {
    CAPTURE(rung.name);
    const Tensor y = operands.native(ConvolutionPass::forward, 1);
    CHECK(deviation_of(operands.by(rung, 1), y) <= (rung.rounds ? 1e-3 : 1e-5));
  }
}

TEST_CASE("operands in bfloat16 are the same numbers, rounded") {
  const ConvolutionOperands exact(small, test_device, false), rounded(small, test_device, true);
  for (const ConvolutionPass pass : passes_of({small, 1})) {
    CAPTURE(name_of(pass));
    const double deviation = deviation_of(rounded.native(pass, 1), exact.native(pass, 1));
    CHECK(deviation > 1e-6);
    CHECK(deviation <= 2e-2);
  }
}

TEST_CASE("cuDNN's products are the backend's, where cuDNN is there") {
  if (!gpu_bench().cudnn) return;  // the emulated GPU has none
  struct Case {
    bool tf32, bfloat16;
    double tolerance;
  };
  for (const Case& c : {Case{false, false, 1e-5}, Case{true, false, 2e-3}, Case{true, true, 2e-2}}) {
    CAPTURE(c.tolerance);
    std::unique_ptr<cuda::Convolutions> cudnn;
    try {
      cudnn = gpu_bench().cudnn(c.tf32);
    } catch (const Error& error) {
      MESSAGE(error.what());
      return;
    }
    const ConvolutionCall stem{{2, 9, 8, 3}, {16, 3, 3, 3}, {1, 1}, Layout::plain, true};
    const ConvolutionCall shortcut{{2, 8, 8, 16}, {32, 1, 1, 16}, {2, 0}, Layout::plain, true};
    for (const ConvolutionCall& call : {stem, shortcut, small}) {
      const ConvolutionOperands operands(call, test_device, c.bfloat16);
      for (const ConvolutionPass pass : passes_of({call, 1})) {
        CAPTURE(name_of(pass));
        CAPTURE(call.kernel[0]);
        CHECK(deviation_of(operands.by(*cudnn, pass, 0), operands.native(pass, 0)) <= c.tolerance);
      }
    }
  }
}

TEST_CASE("operations and bytes are those of the definition") {
  CHECK(flops_of(small) == 2.0 * 2 * 3 * 3 * 12 * (3 * 3 * 8));
  CHECK(bytes_of(small, 2) == 2.0 * (2 * 5 * 6 * 8 + 2 * 3 * 3 * 12) + 4.0 * 12 * 3 * 3 * 8);
}

TEST_CASE("a number that is none deviates without end") {
  const Tensor one = Tensor::full({2}, 1), none = Tensor::full({2}, std::numeric_limits<float>::quiet_NaN());
  CHECK(deviation_of(one, one) == 0);
  CHECK(deviation_of(Tensor::full({2}, 3), one) == 2);
  CHECK(deviation_of(none, one) == std::numeric_limits<double>::infinity());
}

TEST_CASE("the GPU's limits are known") {
  const GpuLimits limits = gpu_bench().limits();
  CHECK_FALSE(limits.name.empty());
  CHECK(limits.fp32_flops > 0);
  CHECK(limits.tf32_flops >= limits.fp32_flops);
  CHECK(limits.bf16_flops > limits.tf32_flops);
}
