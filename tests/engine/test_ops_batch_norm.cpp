#include "engine/ops.h"
#include "tests/check_error.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
namespace loops = noisegate::reference;
using loops::Array;
using loops::Arrays;
using loops::normal;
using loops::OpCase;

namespace {

using Variables = std::vector<Variable>;

struct Normalization {
  std::vector<std::int64_t> shape;
  bool relu = false;
  bool residual = false;
  bool training = true;
};

/// Inputs x, scale, shift and, where there is one, the residual.
Arrays inputs_of(const Normalization& n) {
  const std::int64_t channels = n.shape.back();
  Arrays inputs{normal(n.shape, 1), normal({channels}, 2), normal({channels}, 3)};
  inputs[0] = loops::affine(inputs[0], 2.0, 0.5);
  if (n.residual) inputs.push_back(normal(n.shape, 4));
  return inputs;
}

/// Some running statistics, the variances positive.
loops::Moments<double> running_of(std::int64_t channels) {
  return {normal({channels}, 5),
          loops::map(normal({channels}, 6), [](double x) { return static_cast<float>(1 + x * x); })};
}

OpCase case_of(const Normalization& n) {
  const loops::Moments<double> running = running_of(n.shape.back());
  OpCase test;
  test.inputs = inputs_of(n);
  test.op = [=](const Variables& v) {
    Tensor mean = loops::to_tensor(running.mean), variance = loops::to_tensor(running.variance);
    return batch_norm(v[0], v[1], v[2], mean, variance, {.training = n.training, .relu = n.relu},
                      n.residual ? v[3] : Variable());
  };
  test.loops = [=](const Arrays& a) {
    Array<double> y = loops::batch_norm(a[0], a[1], a[2], n.training ? loops::moments(a[0]) : running, 1e-5);
    if (n.residual) y = loops::add(y, a[3]);
    return n.relu ? loops::relu(y) : y;
  };
  return test;
}

void check_normalization(const Normalization& n) {
  INFO("channels ", n.shape.back(), ", axes ", n.shape.size(), ", relu ", n.relu, ", residual ", n.residual,
       ", training ", n.training);
  loops::check(case_of(n));
}

}  // namespace

TEST_CASE("batch_norm: training and inference, with and without ReLU and residual") {
  for (const std::int64_t channels : {1, 3, 16, 17, 32, 48}) {
    for (int mask = 0; mask < 8; ++mask) {
      check_normalization({{3, 5, 4, channels}, (mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0});
    }
  }
}

TEST_CASE("batch_norm: rows of features") {
  for (const std::int64_t channels : {1, 16, 37, 256}) {
    for (int mask = 0; mask < 8; ++mask) {
      check_normalization({{6, channels}, (mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0});
    }
  }
}

TEST_CASE("batch_norm: a batch of one, images of one pixel, many rows") {
  check_normalization({{1, 4, 4, 16}, true});
  check_normalization({{1, 1, 3, 3}, false});
  check_normalization({{4, 1, 1, 16}, true, true});
  check_normalization({{5, 1, 1, 5}, false, true});
  check_normalization({{32, 16, 16, 3}, true});
  check_normalization({{1, 1, 1, 16}, true, false, false});
}

TEST_CASE("batch_norm: two values a channel become minus and plus one") {
  OpCase test = case_of({{2, 1, 1, 5}, false, true});
  test.differentiate.assign(4,
                            false);  // to x the gradient all but vanishes, which leaves rounding to compare
  loops::check(test);
}

TEST_CASE("batch_norm: only the gradients that are asked for") {
  for (const bool training : {true, false}) {
    OpCase test = case_of({{3, 4, 4, 16}, true, true, training});
    for (int mask = 0; mask < 16; ++mask) {
      CAPTURE(mask);
      test.differentiate = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0, (mask & 8) != 0};
      loops::check(test);
    }
  }
}

TEST_CASE("batch_norm: a gradient that another variable received as well is not overwritten") {
  for (const bool with_relu : {true, false}) {
    for (const bool with_residual : {true, false}) {
      OpCase test = case_of({{3, 4, 4, 16}, with_relu, with_residual});
      const std::size_t other = test.inputs.size();
      test.inputs.push_back(normal({3, 4, 4, 16}, 8));
      test.op = [other, normalized = test.op](const Variables& v) { return add(normalized(v), v[other]); };
      test.loops = [other, normalized = test.loops](const Arrays& a) {
        return loops::add(normalized(a), a[other]);
      };
      loops::check(test);
    }
  }
}

TEST_CASE("batch_norm: a mean far from zero costs no precision in the variance") {
  OpCase test = case_of({{4, 8, 8, 16}});
  test.inputs[0] = loops::map(test.inputs[0], [](double x) { return static_cast<float>(x + 1000); });
  test.tolerance = 1e-3;  // x itself is rounded to 6e-5
  test.gradient_tolerance = 1e-3;
  loops::check(test);
}

TEST_CASE("batch_norm: training moves the running statistics, by the unbiased variance") {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{3, 4, 5, 16}, {2, 3, 3, 5}, {7, 20}}) {
    const Normalization n{shape};
    const loops::Moments<double> before = running_of(shape.back());
    const Arrays inputs = inputs_of(n);
    Tensor mean = loops::to_tensor(before.mean), variance = loops::to_tensor(before.variance);
    const Variable x(loops::to_tensor(inputs[0])), scale(loops::to_tensor(inputs[1])),
        shift(loops::to_tensor(inputs[2]));
    const NoGrad no_grad;
    batch_norm(x, scale, shift, mean, variance, {.training = true, .momentum = 0.1f});

    const auto expected = loops::update_running(before, loops::moments(inputs[0]), inputs[0].rows(), 0.1);
    CHECK(loops::deviation(loops::to_array(mean).values, expected.mean.values) <= 1e-6);
    CHECK(loops::deviation(loops::to_array(variance).values, expected.variance.values) <= 1e-6);
  }
}

TEST_CASE("batch_norm: inference leaves the running statistics alone") {
  const loops::Moments<double> before = running_of(16);
  Tensor mean = loops::to_tensor(before.mean), variance = loops::to_tensor(before.variance);
  const Variable x(loops::to_tensor(normal({2, 3, 3, 16}))), scale(Tensor::full({16}, 1, test_device)),
      shift(Tensor::zeros({16}, DType::f32, test_device));
  batch_norm(x, scale, shift, mean, variance, {.training = false});
  CHECK(loops::to_array(mean).values == before.mean.values);
  CHECK(loops::to_array(variance).values == before.variance.values);
}

TEST_CASE("batch_norm: what does not fit is named with its shapes") {
  Tensor mean = Tensor::zeros({3}), variance = Tensor::full({3}, 1);
  const auto variable = [](const Shape& shape) { return Variable(Tensor::zeros(shape)); };
  const Variable x = variable({2, 4, 4, 3}), one = variable({3}), two = variable({2});
  check_error([&] { batch_norm(x, two, one, mean, variance, {}); }, {"batch_norm", "(2)", "(2, 4, 4, 3)"});
  check_error([&] { batch_norm(x, one, two, mean, variance, {}); }, {"batch_norm", "(2)", "(2, 4, 4, 3)"});
  check_error(
      [&] {
        batch_norm(variable({2, 4, 4, 5}), one, one, mean, variance, {});
      },
      {"batch_norm", "(3)", "(2, 4, 4, 5)"});
  check_error(
      [&] {
        batch_norm(variable({2, 4, 3}), one, one, mean, variance, {});
      },
      {"batch_norm", "(2, 4, 3)"});
  check_error(
      [&] {
        batch_norm(x, one, one, mean, variance, {}, variable({2, 4, 3, 3}));
      },
      {"batch_norm", "(2, 4, 4, 3)", "(2, 4, 3, 3)"});
  check_error(
      [&] {
        batch_norm({x, {Tensor::zeros({2, 3, 2}), 8}}, one, one, mean, variance, {});
      },
      {"batch_norm", "(2, 3, 2)", "8 rows", "(2, 4, 4, 3)"});
  check_error(
      [&] {
        batch_norm(variable({1, 1, 1, 3}), one, one, mean, variance, {});
      },
      {"batch_norm", "(1, 1, 1, 3)"});
}
