// The ops on activations of bfloat16, held against the same loops in double as those on float32.
#include "engine/ops.h"
#include "tests/check_error.h"
#include "tests/reference_check.h"

#include <bit>

#include <doctest/doctest.h>

using namespace noisegate;
namespace loops = noisegate::reference;
using loops::Array;
using loops::Arrays;
using loops::OpCase;
using Variables = std::vector<Variable>;

namespace {

/// An op that is none: its value in another type, its gradient back in its own.
Variable as(DType dtype, const Variable& x) {
  return record("as", x.value().to(dtype), {x},
                [own = x.value().dtype()](const Tensor& grad) { return std::vector{grad.to(own)}; });
}

/// As bfloat16 holds them, so that op and reference see the same.
Array<double> rounded(const Array<double>& x) {
  return loops::map(x, [](double value) -> double { return Bfloat16(static_cast<float>(value)); });
}

Array<double> normal(const std::vector<std::int64_t>& shape, std::uint32_t sample) {
  return rounded(loops::normal(shape, sample));
}

/// Images (2, 5, 6, channels) whose pixels all differ, so that windows have one largest.
Array<double> distinct_pixels(std::int64_t channels) {
  Array<double> x({2, 5, 6, channels});
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.values.size()); ++i)
    x.values[i] = static_cast<double>((i / channels + 5 * (i % channels)) * 7 % 30) / 8 - 2;
  return x;
}

/// The op on its first input and those of the same shape, activations, as bfloat16, which it must give back.
void check_in_bfloat16(OpCase test) {
  test.tolerance = 1e-2;
  test.gradient_tolerance = 2e-2;
  const auto activation = test.inputs[0].shape;
  test.op = [=, op = test.op](Variables v) {
    for (Variable& x : v)
      if (x.shape().extents() == activation) x = as(DType::bf16, x);
    const Variable y = op(v);
    CHECK(y.value().dtype() == DType::bf16);
    return as(DType::f32, y);
  };
  loops::check(test);
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

struct Convolution {
  std::vector<std::int64_t> image, kernel;
  ConvolutionWindow window;
  bool bias = false;
};

/// The image as bfloat16, weight and bias as float32.
void check_convolution(const Convolution& c) {
  INFO("channels ", c.image[3], ", filters ", c.kernel[0], " of ", c.kernel[1], "x", c.kernel[2], ", stride ",
       c.window.stride, ", padding ", c.window.padding);
  OpCase test;
  test.inputs = {normal(c.image, 1), normal(c.kernel, 2)};
  if (c.bias) test.inputs.push_back(loops::normal({c.kernel[0]}, 3));
  test.tolerance = 1e-2;
  test.gradient_tolerance = 2e-2;
  test.op = [=](const Variables& v) {
    const Variable y = conv2d(as(DType::bf16, v[0]), v[1], c.bias ? v[2] : Variable(), c.window);
    CHECK(y.value().dtype() == DType::bf16);
    return as(DType::f32, y);
  };
  test.loops = [=](const Arrays& a) {
    return loops::conv2d(a[0], a[1], c.bias ? a[2] : Array<double>(), c.window.stride, c.window.padding);
  };
  loops::check(test);
}

const std::vector<std::vector<std::int64_t>> shapes{{1}, {7}, {3, 5}, {33, 10}, {2, 3, 5, 3}, {1, 4, 4, 16}};

}  // namespace

TEST_CASE("bfloat16 is the nearest, ties to even, and NaN stays NaN") {
  const auto nearest = [](float x) { return static_cast<float>(Bfloat16(x)); };
  CHECK(nearest(1) == 1);
  CHECK(nearest(-2.5f) == -2.5f);
  CHECK(nearest(1 + 0x1p-8f) == 1);
  CHECK(nearest(1 + 0x1.8p-7f) == 1 + 0x1p-6f);
  CHECK(nearest(1 + 0x1.01p-8f) == 1 + 0x1p-7f);
  CHECK(nearest(-1 - 0x1.01p-8f) == -1 - 0x1p-7f);
  CHECK(nearest(std::numeric_limits<float>::max()) == std::numeric_limits<float>::infinity());
  CHECK(nearest(-std::numeric_limits<float>::infinity()) == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(nearest(std::bit_cast<float>(0x7f800001u))));
}

TEST_CASE("float32 and bfloat16 become each other on both devices and between them") {
  const std::vector<float> values{1, -2.5f, 3.1415927f, 0, 1e30f, -7, 65537};
  std::vector<float> nearest;
  for (const float value : values) nearest.push_back(Bfloat16(value));
  const Tensor here = Tensor::from(values), there = here.to(test_device);
  for (const Device device : {Device::cpu, test_device}) {
    const Tensor x = here.to(device).to(DType::bf16);
    CHECK(x.device() == device);
    CHECK(x.bytes() == 14);
    CHECK(x.to_vector<float>() == nearest);
    CHECK(x.to(DType::f32).to_vector<float>() == nearest);
    CHECK(x.to_vector<Bfloat16>()[2].bits == 0x4049);
    CHECK(x.slice(1, 4).to(DType::f32).to_vector<float>() ==
          std::vector<float>(nearest.begin() + 1, nearest.begin() + 4));
  }
  Tensor y = Tensor::empty({7}, DType::bf16, test_device), back = Tensor::empty({7});
  y.copy_from(here);
  CHECK(y.to_vector<float>() == nearest);
  back.copy_from(y);
  CHECK(back.to_vector<float>() == nearest);
  CHECK(Tensor::zeros({9}, DType::bf16, test_device).to_vector<float>() == std::vector<float>(9, 0));
  CHECK(Tensor::from(values).to(DType::f32).raw() != nullptr);
  CHECK(y.slice(0, 1).item() == 1);
  check_error([&] { y.copy_from(Tensor::from<std::int32_t>({1, 2, 3, 4, 5, 6, 7})); }, {"bfloat16", "int32"});
}

TEST_CASE("elementwise ops") {
  for (const auto& shape : shapes) {
    CAPTURE(shape.size());
    const Arrays one{normal(shape, 1)}, two{normal(shape, 1), normal(shape, 2)};
    check_in_bfloat16({two, [](const Variables& v) { return add(v[0], v[1]); },
                       [](const Arrays& a) { return loops::add(a[0], a[1]); }});
    check_in_bfloat16({two, [](const Variables& v) { return subtract(v[0], v[1]); },
                       [](const Arrays& a) { return loops::subtract(a[0], a[1]); }});
    check_in_bfloat16({two, [](const Variables& v) { return multiply(v[0], v[1]); },
                       [](const Arrays& a) { return loops::multiply(a[0], a[1]); }});
    check_in_bfloat16({one, [](const Variables& v) { return affine(v[0], 1.5f, -0.25f); },
                       [](const Arrays& a) { return loops::affine(a[0], 1.5, -0.25); }});
    check_in_bfloat16({one, [](const Variables& v) { return sigmoid(v[0]); },
                       [](const Arrays& a) { return loops::sigmoid(a[0]); }});
    check_in_bfloat16({one, [](const Variables& v) { return relu(v[0]); },
                       [](const Arrays& a) { return loops::relu(a[0]); }});
  }
}

TEST_CASE("a value that two ops use receives both gradients") {
  check_in_bfloat16(
      {{normal({3, 4, 4, 16}, 1)},
       [](const Variables& v) { return add(relu(v[0]), affine(v[0], 2, 0)); },
       [](const Arrays& a) { return loops::add(loops::relu(a[0]), loops::affine(a[0], 2.0, 0.0)); }});
}

TEST_CASE("part of a batch") {
  check_in_bfloat16(
      {{normal({6, 3, 3, 5}, 1)},
       [](const Variables& v) { return relu(slice(v[0], 1, 5)); },
       [](const Arrays& a) {
         const auto begin = a[0].values.begin() + 45;
         return loops::relu(Array<double>({4, 3, 3, 5}, std::vector<double>(begin, begin + 180)));
       }});
}

TEST_CASE("conv2d: 3x3 and 1x1, strides 1 and 2, channels in eights and others") {
  check_convolution({{2, 5, 4, 16}, {8, 3, 3, 16}, {1, 1}, true});
  check_convolution({{2, 6, 7, 8}, {24, 3, 3, 8}, {2, 1}});
  check_convolution({{1, 5, 4, 40}, {48, 3, 3, 40}, {1, 1}});
  check_convolution({{1, 9, 9, 8}, {72, 1, 1, 8}, {2, 0}});
  check_convolution({{2, 4, 4, 32}, {16, 1, 1, 32}, {1, 0}, true});
  check_convolution({{2, 5, 5, 12}, {10, 3, 3, 12}, {1, 1}, true});
}

TEST_CASE("conv2d: the stem of three channels, other filters, images of one pixel and one row") {
  check_convolution({{2, 8, 6, 3}, {16, 3, 3, 3}, {1, 1}});
  check_convolution({{1, 9, 8, 3}, {8, 7, 7, 3}, {2, 3}});
  check_convolution({{3, 4, 5, 6}, {8, 2, 2, 6}, {3, 1}});
  check_convolution({{1, 6, 6, 8}, {8, 4, 5, 8}, {2, 2}, true});
  check_convolution({{3, 1, 1, 8}, {16, 3, 3, 8}, {2, 1}});
  check_convolution({{1, 1, 9, 16}, {8, 1, 3, 16}, {1, 1}});
}

TEST_CASE("conv2d: a filter of more places than the tensor cores' kernel has bits for") {
  check_convolution({{1, 17, 3, 2}, {2, 17, 1, 2}, {1, 0}, true});
}

TEST_CASE(
    "batch_norm by a convolution's moments is what it is by its own sums, and nothing else depends on them") {
  for (const std::int64_t channels : {8, 20}) {
    CAPTURE(channels);
    const Variable x(loops::to_tensor(loops::affine(normal({3, 9, 10, 16}, 1), 1.0, 30.0)).to(DType::bf16)),
        weight(loops::to_tensor(normal({channels, 3, 3, 16}, 2)));
    const Variable scale(loops::to_tensor(loops::normal({channels}, 3))),
        shift(loops::to_tensor(loops::normal({channels}, 4)));
    const auto normalised = [&](const VariableWithMoments& images) {
      Tensor mean = Tensor::zeros({channels}, DType::f32, test_device),
             variance = Tensor::full({channels}, 1, test_device);
      const Variable y = batch_norm(images, scale, shift, mean, variance, {.relu = true});
      return std::vector{y.value().to_vector<float>(), mean.to_vector<float>(), variance.to_vector<float>()};
    };
    const VariableWithMoments images = conv2d(x, weight, {}, {.padding = 1});
    REQUIRE(images.moments.sums.defined());
    const auto by_moments = normalised(images), by_sums = normalised(images.variable);
    for (int i = 0; i < 3; ++i)
      CHECK(loops::deviation(doubles(by_moments[i]), doubles(by_sums[i])) <= (i == 0 ? 5e-3 : 1e-6));

    // The same bits whichever ops come between, and without the moments those of the same values elsewhere.
    normalised(conv2d(Variable(x.value().clone()), weight, {}, {.padding = 1}));
    CHECK(normalised(images) == by_moments);
    CHECK(normalised(images.variable) == by_sums);
    CHECK(normalised(Variable(images.variable.value().clone())) == by_sums);
  }
}

TEST_CASE("batch_norm, with and without ReLU and residual") {
  for (const std::int64_t channels : {3, 8, 24, 32, 256}) {
    for (int mask = 0; mask < 8; ++mask) {
      CAPTURE(channels);
      CAPTURE(mask);
      const bool with_relu = (mask & 1) != 0, with_residual = (mask & 2) != 0, training = (mask & 4) != 0;
      const std::vector<std::int64_t> shape{3, 5, 4, channels};
      OpCase test;
      test.inputs = {rounded(loops::affine(loops::normal(shape, 1), 2.0, 0.5)), normal({channels}, 2),
                     normal({channels}, 3)};
      if (with_residual) test.inputs.push_back(normal(shape, 4));
      test.op = [=](const Variables& v) {
        Tensor mean = Tensor::zeros({channels}, DType::f32, test_device),
               variance = Tensor::full({channels}, 2, test_device);
        return batch_norm(v[0], v[1], v[2], mean, variance, {.training = training, .relu = with_relu},
                          with_residual ? v[3] : Variable());
      };
      test.loops = [=](const Arrays& a) {
        const loops::Moments<double> running{Array<double>({channels}), Array<double>({channels}, 2)};
        Array<double> y =
            loops::batch_norm(a[0], a[1], a[2], training ? loops::moments(a[0]) : running, 1e-5);
        if (with_residual) y = loops::add(y, a[3]);
        return with_relu ? loops::relu(y) : y;
      };
      check_in_bfloat16(test);
    }
  }
}

TEST_CASE("batch_norm's statistics are float32's, many rows and a mean far from zero included") {
  for (const std::int64_t channels : {5, 16}) {
    const Array<double> x = rounded(loops::affine(loops::normal({9, 16, 16, channels}, 1), 0.5, 40.0));
    Tensor mean = Tensor::zeros({channels}, DType::f32, test_device),
           variance = Tensor::full({channels}, 1, test_device);
    const Variable ones(Tensor::full({channels}, 1, test_device));
    batch_norm(Variable(loops::to_tensor(x).to(DType::bf16)), ones, ones, mean, variance, {.momentum = 1});
    const auto expected = loops::moments(x);
    const double unbiased = static_cast<double>(x.rows()) / static_cast<double>(x.rows() - 1);
    CHECK(loops::deviation(loops::to_array(mean).values, expected.mean.values) <= 1e-6);
    CHECK(loops::deviation(loops::to_array(variance).values,
                           loops::affine(expected.variance, unbiased, 0.0).values) <= 1e-5);
  }
}

TEST_CASE("pooling") {
  for (const std::int64_t channels : {3, 16}) {
    for (const PoolWindow window : {PoolWindow{2, 2, 0}, PoolWindow{3, 2, 1}}) {
      const Arrays x{distinct_pixels(channels)};
      check_in_bfloat16({x, [=](const Variables& v) { return max_pool2d(v[0], window); },
                         [=](const Arrays& a) {
                           return loops::max_pool2d(a[0], window.size, window.stride, window.padding);
                         }});
      check_in_bfloat16({x, [=](const Variables& v) { return average_pool2d(v[0], window); },
                         [=](const Arrays& a) {
                           return loops::average_pool2d(a[0], window.size, window.stride, window.padding);
                         }});
    }
    check_in_bfloat16({{normal({3, 4, 5, channels}, 1)},
                       [](const Variables& v) { return global_average_pool(v[0]); },
                       [](const Arrays& a) { return loops::global_average_pool(a[0]); }});
  }
}

TEST_CASE("dropout draws as in float32") {
  check_in_bfloat16({{normal({5, 3, 2, 7}, 1)},
                     [](const Variables& v) { return dropout(v[0], 0.4f, 3, 2); },
                     [](const Arrays& a) {
                       return loops::dropout(a[0], loops::dropout_uniforms(a[0].shape, 3, 2),
                                             static_cast<double>(0.4f));
                     }});
}

TEST_CASE("linear makes float32 of it, and its gradient bfloat16 again") {
  OpCase test;
  test.inputs = {normal({5, 13}, 1), loops::normal({4, 13}, 2), loops::normal({4}, 3)};
  test.op = [](const Variables& v) {
    const Variable y = linear(as(DType::bf16, v[0]), v[1], v[2]);
    CHECK(y.value().dtype() == DType::f32);
    return y;
  };
  test.loops = [](const Arrays& a) { return loops::linear(a[0], a[1], a[2]); };
  test.gradient_tolerance = 1e-2;
  loops::check(test);
}

TEST_CASE("what has no kernels for bfloat16 says so") {
  const Variable here(Tensor::full({2, 3}, 1).to(DType::bf16)),
      there(Tensor::full({2, 3}, 1, test_device).to(DType::bf16)), real(Tensor::full({2, 3}, 1, test_device));
  check_error([&] { relu(here); }, {"relu", "CPU", "bfloat16"});
  check_error([&] { add(there, real); }, {"add", "bfloat16", "float32"});
  check_error([&] { softmax(there); }, {"softmax", "bfloat16", "float32"});
  check_error([&] { linear(real, there, {}); }, {"linear", "bfloat16", "float32"});
}
