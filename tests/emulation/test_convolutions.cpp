// The rungs of convolution that the tests of conv2d do not come by: the plain kernels, and TF32.
#include "engine/cuda/conv2d/float32_convolution.h"
#include "engine/cuda/device/memory.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;
namespace loops = noisegate::reference;
using loops::normal;

namespace {

struct Case {
  std::vector<std::int64_t> image, kernel;
  ConvolutionWindow window;
};
const std::vector<Case> cases{{{2, 5, 4, 3}, {5, 3, 3, 3}, {1, 1}},
                              {{2, 6, 7, 8}, {4, 3, 3, 8}, {2, 1}},
                              {{1, 9, 9, 4}, {70, 1, 1, 4}, {2, 0}},
                              {{3, 4, 5, 6}, {8, 2, 2, 6}, {3, 1}}};

/// conv2d as an op whose three products are done by these functions.
template <class Forward, class InputGradient, class WeightGradient>
void check_products(double tolerance, Forward forward, InputGradient input_gradient,
                    WeightGradient weight_gradient) {
  for (const Case& c : cases) {
    CAPTURE(c.kernel[0]);
    loops::OpCase test;
    test.inputs = {normal(c.image, 1), normal(c.kernel, 2)};
    test.tolerance = tolerance;
    test.gradient_tolerance = 10 * tolerance;
    const Convolution conv(Shape(c.image), Shape(c.kernel), c.window);
    test.op = [=](const std::vector<Variable>& v) {
      Tensor y = empty(conv.y.shape());
      forward(conv, input(v[0].value()), input(v[1].value()), output(y));
      return record("conv2d", y, v, [=](const Tensor& dy) {
        Tensor dx = empty(v[0].shape()), dw = empty(v[1].shape());
        input_gradient(conv, input(dy), input(v[1].value()), output(dx));
        weight_gradient(conv, input(dy), input(v[0].value()), output(dw));
        return std::vector{dx, dw};
      });
    };
    test.loops = [window = c.window](const loops::Arrays& a) {
      return loops::conv2d(a[0], a[1], {}, window.stride, window.padding);
    };
    loops::check(test);
  }
}

}  // namespace

TEST_CASE("the plain kernels") {
  using Input = Span<const float>;
  check_products(
      1e-5,
      [](const Convolution& conv, Input x, Input w, Span<float> y) {
        plain_convolution(Stream(), conv, x, w, {}, y);
      },
      [](const Convolution& conv, Input dy, Input w, Span<float> dx) {
        plain_input_gradient(Stream(), conv, dy, w, dx);
      },
      [](const Convolution& conv, Input dy, Input x, Span<float> dw) {
        plain_weight_gradient(Stream(), conv, dy, x, dw);
      });
}

TEST_CASE("the tensor cores' products, exactly and in TF32") {
  using Input = Span<const float>;
  for (const Precision precision : {Precision::float32, Precision::tf32}) {
    CAPTURE(precision == Precision::tf32);
    check_products(
        precision == Precision::tf32 ? 1e-3 : 1e-5,
        [=](const Convolution& conv, Input x, Input w, Span<float> y) {
          float32_convolution(Stream(), precision, conv, x, w, {}, y);
        },
        [=](const Convolution& conv, Input dy, Input w, Span<float> dx) {
          float32_input_gradient(Stream(), precision, conv, dy, w, dx);
        },
        [=](const Convolution& conv, Input dy, Input x, Span<float> dw) {
          float32_weight_gradient(Stream(), precision, conv, dy, x, dw);
        });
  }
}

TEST_CASE("a weight gradient over many pixels is split among blocks, and comes out the same every time") {
  const Convolution conv(Shape{8, 32, 32, 4}, Shape{4, 1, 1, 4}, {});
  const Tensor x = loops::to_tensor(normal({8, 32, 32, 4}, 1)),
               dy = loops::to_tensor(normal({8, 32, 32, 4}, 2));
  Tensor tiled = empty({4, 1, 1, 4}), again = empty({4, 1, 1, 4}), plain = empty({4, 1, 1, 4});
  float32_weight_gradient(Stream(), Precision::float32, conv, input(dy), input(x), output(tiled));
  float32_weight_gradient(Stream(), Precision::float32, conv, input(dy), input(x), output(again));
  plain_weight_gradient(Stream(), conv, input(dy), input(x), output(plain));
  CHECK(loops::deviation(loops::to_array(tiled).values, loops::to_array(plain).values) <= 1e-5);
  CHECK(tiled.to_vector<float>() == again.to_vector<float>());
}

TEST_CASE("tensors of more elements than 32 bits count go to the plain kernels") {
  CHECK(fits_float32_products(Convolution(Shape{512, 32, 32, 64}, Shape{64, 3, 3, 64}, {1, 1})));
  CHECK_FALSE(fits_float32_products(Convolution(Shape{40000, 32, 32, 64}, Shape{64, 3, 3, 64}, {1, 1})));
}
