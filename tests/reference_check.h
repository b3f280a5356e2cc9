// Holds an op of the engine, on test_device, against its reference: the values against the loops of
// reference.h in double, the gradients against finite differences of those loops, and the bits against a
// second run.
#pragma once

#include "engine/autograd.h"
#include "engine/device.h"
#include "engine/random.h"
#include "tests/reference.h"
#include "tests/test_device.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate::reference {

using Arrays = std::vector<Array<double>>;

struct OpCase {
  Arrays inputs;
  std::function<Variable(const std::vector<Variable>&)> op;
  std::function<Array<double>(const Arrays&)> loops;
  double tolerance = 1e-5;            // of the values, relative to the largest one
  double gradient_tolerance = 1e-4;   // of each input's gradient, relative to the largest part of it
  std::vector<bool> differentiate{};  // which inputs require a gradient; none given: all
};

// ---- inputs and comparisons ----

/// Standard normal numbers that float holds exactly, so that op and reference see the same.
inline Array<double> normal(const std::vector<std::int64_t>& shape, std::uint32_t sample = 0) {
  Array<double> x(shape);
  Philox random(7, Purpose::test, 0, sample);
  for (double& value : x.values) value = random.normal();
  return x;
}

/// What dropout draws: element i of row n takes the i-th number of sample n's stream.
inline Array<double> dropout_uniforms(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                                      std::uint32_t step) {
  Array<double> drawn(shape);
  const std::size_t row = drawn.values.size() / shape[0];
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    Philox random(seed, Purpose::dropout, step, static_cast<std::uint32_t>(n));
    for (std::size_t i = 0; i < row; ++i) drawn.values[n * row + i] = random.uniform();
  }
  return drawn;
}

inline Tensor to_tensor(const Array<double>& x) {
  return Tensor::from(std::vector<float>(x.values.begin(), x.values.end()),
                      Shape(std::span<const std::int64_t>(x.shape)))
      .to(test_device);
}

inline Array<double> to_array(const Tensor& tensor) {
  const std::vector<float> values = tensor.to_vector<float>();
  return {tensor.shape().extents(), std::vector<double>(values.begin(), values.end())};
}

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

/// The largest deviation, relative to the largest expected magnitude; infinite where the values are not
/// finite.
inline double deviation(const std::vector<double>& actual, const std::vector<double>& expected) {
  double most = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(actual[i] - expected[i]);
    most = std::isfinite(difference) ? std::max(most, difference) : std::numeric_limits<double>::infinity();
  }
  return most == 0 ? 0 : most / largest(expected);
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
  return total;
}

// ---- gradients ----

/// The slope of Σ weights·loops(inputs) when inputs[which] moves along `direction`, by central differences.
/// The move is so short that next to never a ReLU or a maximum changes over on the way.
inline double slope(const OpCase& test, const Array<double>& weights, std::size_t which,
                    const std::vector<double>& direction) {
  const double step = 1e-7 / std::sqrt(dot(direction, direction));
  Arrays moved = test.inputs;
  const auto value_at = [&](double distance) {
    for (std::size_t i = 0; i < direction.size(); ++i) {
      moved[which].values[i] = test.inputs[which].values[i] + distance * direction[i];
    }
    return dot(weights.values, test.loops(moved).values);
  };
  return (value_at(step) - value_at(-step)) / (2 * step);
}

/// Some of the gradient's elements one by one, and all of them together along random directions of ±1.
inline void check_gradient(const OpCase& test, const Array<double>& weights, std::size_t which,
                           const Array<double>& gradient) {
  const std::size_t size = gradient.values.size(), samples = std::min<std::size_t>(size, 16);
  std::vector<double> actual, expected;
  for (std::size_t sample = 0; sample < samples; ++sample) {
    const std::size_t element = sample * size / samples;
    std::vector<double> direction(size, 0.0);
    direction[element] = 1;
    actual.push_back(gradient.values[element]);
    expected.push_back(slope(test, weights, which, direction));
  }
  CHECK(deviation(actual, expected) <= test.gradient_tolerance);

  const double length = std::sqrt(dot(gradient.values, gradient.values));
  Philox random(11, Purpose::test);
  for (int repeat = 0; repeat < 4; ++repeat) {
    std::vector<double> direction(size);
    for (double& part : direction) part = random.below(2) == 0 ? -1 : 1;
    const double along = slope(test, weights, which, direction);
    CHECK(std::abs(along - dot(gradient.values, direction)) <= test.gradient_tolerance * length);
  }
}

// ---- the check ----

struct OpResult {
  Tensor output;
  std::vector<Tensor> gradients;  // of Σ weights·output; undefined for inputs that require none
};

inline bool differentiates(const OpCase& test, std::size_t which) {
  return test.differentiate.empty() || test.differentiate[which];
}

inline OpResult run(const OpCase& test, const Array<double>& weights, int threads) {
  const int threads_before = thread_count();
  set_thread_count(threads);
  std::vector<Variable> inputs;
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    inputs.emplace_back(to_tensor(test.inputs[i]), differentiates(test, i));
  }
  const Variable output = test.op(inputs);
  OpResult result{output.value(), {}};
  if (output.requires_grad()) backward(output, to_tensor(weights));
  for (const Variable& input : inputs) result.gradients.push_back(input.grad());
  set_thread_count(threads_before);
  return result;
}

inline void check(const OpCase& test) {
  const Array<double> expected = test.loops(test.inputs);
  const Array<double> weights = normal(expected.shape, 1000);
  const OpResult result = run(test, weights, 2);
  const OpResult again = run(test, weights, 2);
  const OpResult one_thread = test_device == Device::cpu ? run(test, weights, 1) : again;

  REQUIRE(result.output.shape().extents() == expected.shape);
  CHECK(deviation(to_array(result.output).values, expected.values) <= test.tolerance);
  CHECK(result.output.to_vector<float>() == again.output.to_vector<float>());
  CHECK(deviation(to_array(one_thread.output).values, expected.values) <= test.tolerance);

  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    CAPTURE(i);
    const Tensor& gradient = result.gradients[i];
    REQUIRE(gradient.defined() == differentiates(test, i));
    if (!gradient.defined()) continue;
    REQUIRE(gradient.shape().extents() == test.inputs[i].shape);
    check_gradient(test, weights, i, to_array(gradient));
    CHECK(gradient.to_vector<float>() == again.gradients[i].to_vector<float>());
    CHECK(deviation(to_array(one_thread.gradients[i]).values, to_array(gradient).values) <=
          test.gradient_tolerance);
  }
}

}  // namespace noisegate::reference
