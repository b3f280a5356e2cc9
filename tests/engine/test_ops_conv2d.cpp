#include "engine/ops.h"
#include "tests/check_error.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
namespace loops = noisegate::reference;
using loops::Arrays;
using loops::normal;
using loops::OpCase;

namespace {

struct Convolution {
  std::int64_t batch, height, width, channels, kernels, kernel_height, kernel_width;
  int stride, padding;
  bool bias;
};

OpCase case_of(const Convolution& c) {
  OpCase test;
  test.inputs = {normal({c.batch, c.height, c.width, c.channels}, 1),
                 normal({c.kernels, c.kernel_height, c.kernel_width, c.channels}, 2)};
  if (c.bias) test.inputs.push_back(normal({c.kernels}, 3));
  test.op = [c](const std::vector<Variable>& v) {
    return conv2d(v[0], v[1], c.bias ? v[2] : Variable(), {.stride = c.stride, .padding = c.padding});
  };
  test.loops = [c](const Arrays& a) {
    return loops::conv2d(a[0], a[1], c.bias ? a[2] : loops::Array<double>(), c.stride, c.padding);
  };
  return test;
}

void check_convolution(const Convolution& c) {
  INFO("x (", c.batch, ", ", c.height, ", ", c.width, ", ", c.channels, "), weight (", c.kernels, ", ",
       c.kernel_height, ", ", c.kernel_width, "), stride ", c.stride, ", padding ", c.padding, ", bias ",
       c.bias);
  loops::check(case_of(c));
}

}  // namespace

TEST_CASE("conv2d: every mix of channel counts that a memory layout may depend on") {
  for (const std::int64_t channels : {1, 3, 16, 17, 32, 48}) {
    for (const std::int64_t kernels : {1, 3, 16, 17, 32, 48}) {
      check_convolution({2, 5, 4, channels, kernels, 3, 3, 1, 1, (channels + kernels) % 2 == 0});
    }
  }
}

TEST_CASE("conv2d: kernel sizes, even and uneven ones included") {
  for (const std::int64_t channels : {3, 16}) {
    check_convolution({2, 6, 7, channels, 16, 1, 1, 1, 0, true});
    check_convolution({2, 6, 7, channels, 16, 2, 2, 1, 0, false});
    check_convolution({2, 6, 7, channels, 16, 2, 2, 2, 1, true});
    check_convolution({2, 6, 7, channels, 16, 4, 4, 1, 1, true});
    check_convolution({2, 6, 7, channels, 16, 5, 5, 1, 2, false});
    check_convolution({2, 6, 7, channels, 16, 7, 7, 1, 3, true});
    check_convolution({2, 6, 7, channels, 16, 1, 3, 1, 1, true});
    check_convolution({2, 6, 7, channels, 16, 5, 2, 1, 2, false});
  }
}

TEST_CASE("conv2d: strides that do and do not divide, padding from none to three") {
  for (const std::int64_t channels : {3, 32}) {
    for (const int stride : {1, 2, 3}) {
      for (const int padding : {0, 1, 2, 3})
        check_convolution({2, 7, 6, channels, 16, 3, 3, stride, padding, true});
    }
  }
}

TEST_CASE("conv2d: 3x3 kernels over images that do and do not divide into Winograd's tiles") {
  check_convolution({2, 4, 4, 32, 32, 3, 3, 1, 1, false});
  check_convolution({1, 3, 5, 32, 32, 3, 3, 1, 1, true});
  check_convolution({2, 7, 9, 32, 64, 3, 3, 1, 1, true});
  check_convolution({1, 13, 6, 48, 32, 3, 3, 1, 1, false});
  check_convolution({1, 8, 8, 64, 32, 3, 3, 1, 1, true});
}

TEST_CASE("conv2d: direct convolution gives what the automatic choice gives, and refuses another word") {
  const Convolution winograd_size{2, 8, 8, 32, 64, 3, 3, 1, 1, true};
  set_convolution_algorithm(parse_convolution_algorithm("direct"));
  check_convolution(winograd_size);
  set_convolution_algorithm(parse_convolution_algorithm("auto"));
  check_convolution(winograd_size);
  check_error([] { parse_convolution_algorithm("fft"); }, {"--conv fft", "auto", "direct"});
}

TEST_CASE("conv2d: 1x1 kernels with a stride, as shortcuts have them") {
  check_convolution({2, 8, 8, 16, 32, 1, 1, 2, 0, false});
  check_convolution({2, 7, 5, 32, 48, 1, 1, 2, 0, true});
  check_convolution({3, 7, 5, 3, 17, 1, 1, 3, 1, true});
}

TEST_CASE("conv2d: images of one pixel, of one row, and a batch of one") {
  for (const std::int64_t channels : {1, 3, 16}) {
    check_convolution({1, 1, 1, channels, 16, 1, 1, 1, 0, true});
    check_convolution({1, 1, 1, channels, 3, 3, 3, 1, 1, true});
    check_convolution({2, 1, 1, channels, 16, 3, 3, 2, 1, false});
    check_convolution({1, 1, 9, channels, 16, 3, 3, 1, 1, true});
    check_convolution({1, 9, 1, channels, 16, 3, 3, 2, 1, true});
    check_convolution({1, 3, 3, channels, 16, 3, 3, 1, 0, true});
  }
}

TEST_CASE("conv2d: the sizes of the networks") {
  check_convolution({2, 32, 32, 3, 16, 3, 3, 1, 1, true});
  check_convolution({1, 16, 16, 32, 64, 3, 3, 2, 1, false});
  check_convolution({1, 4, 4, 64, 64, 3, 3, 1, 1, false});
  check_convolution({1, 28, 28, 1, 32, 3, 3, 1, 1, true});
  check_convolution({1, 14, 14, 3, 64, 7, 7, 2, 3, false});
}

TEST_CASE("conv2d: only the gradients that are asked for") {
  for (const std::int64_t channels : {3, 16}) {
    OpCase test = case_of({2, 5, 5, channels, 16, 3, 3, 1, 1, true});
    for (int mask = 0; mask < 8; ++mask) {
      CAPTURE(mask);
      test.differentiate = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
      loops::check(test);
    }
  }
}

TEST_CASE("conv2d: what does not fit is named with its shapes") {
  const auto variable = [](const Shape& shape) { return Variable(Tensor::zeros(shape)); };
  const Variable x = variable({2, 5, 5, 3}), weight = variable({4, 3, 3, 3});
  check_error([&] { conv2d(x, variable({4, 3, 3, 2}), {}, {}); }, {"conv2d", "(2, 5, 5, 3)", "(4, 3, 3, 2)"});
  check_error([&] { conv2d(x, variable({4, 7, 3, 3}), {}, {}); }, {"conv2d", "(2, 5, 5, 3)", "(4, 7, 3, 3)"});
  check_error([&] { conv2d(x, weight, variable({5}), {}); }, {"conv2d", "(5)", "(4, 3, 3, 3)"});
  check_error([&] { conv2d(x, variable({4, 3}), {}, {}); }, {"conv2d", "(4, 3)"});
  check_error([&] { conv2d(variable({2, 5}), weight, {}, {}); }, {"conv2d", "(2, 5)"});
  check_error([&] { conv2d(x, weight, {}, {.stride = 0}); }, {"conv2d", "stride 0"});
  check_error([&] { conv2d(x, weight, {}, {.padding = -1}); }, {"conv2d", "padding -1"});
}
