#include "engine/optimizer.h"
#include "engine/random.h"
#include "tests/test_device.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

using ParameterLists = std::vector<std::vector<double>>;  // one list a parameter

const std::vector<Shape> shapes{{3, 5}, {7}, {130, 150}};  // the last is long enough for several threads

std::vector<float> normal(std::int64_t count, std::uint32_t epoch, std::uint32_t sample) {
  Philox random(5, Purpose::test, epoch, sample);
  std::vector<float> values(count);
  for (float& value : values) value = random.normal();
  return values;
}

/// The rule of optimizer.h as a plain loop in double.
class PlainSgd {
 public:
  PlainSgd(ParameterLists weights, SgdOptions options) : weights_(std::move(weights)), options_(options) {}

  void step(const ParameterLists& gradients, double learning_rate) {
    double squares = 0;
    for (const auto& gradient : gradients)
      for (const double g : gradient) squares += g * g;
    const double clip =
        options_.clip_norm > 0 ? std::min(1.0, options_.clip_norm / (std::sqrt(squares) + 1e-6)) : 1;
    const bool first = velocities_.empty();
    if (first) velocities_ = gradients;  // for the sizes
    for (std::size_t p = 0; p < weights_.size(); ++p)
      for (std::size_t i = 0; i < weights_[p].size(); ++i) {
        double &w = weights_[p][i], &v = velocities_[p][i];
        const double sign = w > 0 ? 1 : w < 0 ? -1 : 0;
        const double g = clip * gradients[p][i] + options_.weight_decay * w + options_.l1_decay * sign;
        v = first ? g : options_.momentum * v + g;
        w -= learning_rate * (options_.nesterov ? g + options_.momentum * v : v);
      }
  }

  const ParameterLists& weights() const { return weights_; }

 private:
  ParameterLists weights_, velocities_;
  SgdOptions options_;
};

std::vector<Variable> make_parameters() {
  std::vector<Variable> parameters;
  for (std::size_t p = 0; p < shapes.size(); ++p) {
    parameters.emplace_back(
        Tensor::from(normal(shapes[p].numel(), 0, static_cast<std::uint32_t>(p)), shapes[p]).to(test_device),
        true);
  }
  return parameters;
}

ParameterLists values_of(const std::vector<Variable>& parameters) {
  ParameterLists values;
  for (const Variable& parameter : parameters) {
    const std::vector<float> read = parameter.value().to_vector<float>();
    values.emplace_back(read.begin(), read.end());
  }
  return values;
}

/// Gives every parameter a random gradient and returns them.
ParameterLists set_gradients(std::vector<Variable>& parameters, std::uint32_t step) {
  ParameterLists gradients;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const Shape shape = parameters[p].shape();
    const std::vector<float> gradient = normal(shape.numel(), step, static_cast<std::uint32_t>(p));
    parameters[p].mutable_grad() = Tensor::from(gradient, shape).to(test_device);
    gradients.emplace_back(gradient.begin(), gradient.end());
  }
  return gradients;
}

void check_close(const ParameterLists& actual, const ParameterLists& expected, double tolerance) {
  double worst = 0;
  for (std::size_t p = 0; p < expected.size(); ++p)
    for (std::size_t i = 0; i < expected[p].size(); ++i) {
      worst = std::max(worst, std::abs(actual[p][i] - expected[p][i]));
    }
  CHECK(worst <= tolerance);
}

std::vector<float> run(int threads, SgdOptions options) {
  const int before = thread_count();
  set_thread_count(threads);
  std::vector<Variable> parameters = make_parameters();
  Sgd sgd(parameters, options);
  for (std::uint32_t step = 1; step <= 3; ++step) {
    set_gradients(parameters, step);
    sgd.step(0.1);
  }
  set_thread_count(before);
  return parameters.back().value().to_vector<float>();
}

}  // namespace

TEST_CASE("Sgd: ten steps of every variant follow the plain loop") {
  const std::vector<SgdOptions> variants{
      {.momentum = 0},
      {.momentum = 0.9},
      {.momentum = 0.9, .nesterov = true},
      {.momentum = 0.9, .weight_decay = 5e-2},
      {.momentum = 0.9, .nesterov = true, .weight_decay = 5e-2},
      {.momentum = 0.9, .clip_norm = 5},    // far below the norm, about 140
      {.momentum = 0.9, .clip_norm = 1e6},  // far above
      {.momentum = 0.8, .nesterov = true, .weight_decay = 1e-2, .clip_norm = 1},
      {.momentum = 0.9, .weight_decay = 1e-2, .l1_decay = 1e-2},
  };
  for (const SgdOptions& options : variants) {
    CAPTURE(options.momentum);
    CAPTURE(options.nesterov);
    CAPTURE(options.weight_decay);
    CAPTURE(options.clip_norm);
    std::vector<Variable> parameters = make_parameters();
    Sgd sgd(parameters, options);
    PlainSgd plain(values_of(parameters), options);
    for (std::uint32_t step = 1; step <= 10; ++step) {
      const double learning_rate = step <= 5 ? 0.1 : 0.01;
      plain.step(set_gradients(parameters, step), learning_rate);
      sgd.step(learning_rate);
      check_close(values_of(parameters), plain.weights(), 1e-5);
    }
  }
}

TEST_CASE("Sgd: clipping divides by the norm + 1e-6, as PyTorch does") {
  Variable weight(Tensor::full({1}, 1, test_device), true);
  Sgd sgd({weight}, {.momentum = 0, .clip_norm = 1e-6});
  weight.mutable_grad() = Tensor::full({1}, 1e-6f, test_device);
  sgd.step(1e6);
  CHECK(weight.value().item() == doctest::Approx(0.5));
}

TEST_CASE("Sgd: after the first step the velocity is the gradient") {
  std::vector<Variable> parameters = make_parameters();
  Sgd sgd(parameters, {.momentum = 0.9});
  REQUIRE(sgd.velocities().size() == parameters.size());
  const ParameterLists gradients = set_gradients(parameters, 1);
  sgd.step(0.1);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const std::vector<float> velocity = sgd.velocities()[p].to_vector<float>();
    CHECK(std::vector<double>(velocity.begin(), velocity.end()) == gradients[p]);
  }
}

TEST_CASE("Sgd: a step drops the gradients and leaves parameters without one alone") {
  std::vector<Variable> parameters = make_parameters();
  Sgd sgd(parameters, {.weight_decay = 0.1});
  set_gradients(parameters, 1);
  parameters[1].clear_grad();
  const ParameterLists before = values_of(parameters);
  sgd.step(0.1);
  for (const Variable& parameter : parameters) CHECK_FALSE(parameter.grad().defined());
  CHECK(values_of(parameters)[1] == before[1]);
  CHECK(values_of(parameters)[0] != before[0]);
  const ParameterLists after = values_of(parameters);
  sgd.step(0.1);  // nothing to do
  CHECK(values_of(parameters) == after);
}

TEST_CASE("Sgd: the velocities are the whole state") {
  const SgdOptions options{.momentum = 0.9, .weight_decay = 1e-3};
  std::vector<Variable> parameters = make_parameters();
  Sgd sgd(parameters, options);
  set_gradients(parameters, 1);
  sgd.step(0.1);

  std::vector<Variable> resumed;
  for (const Variable& parameter : parameters) resumed.emplace_back(parameter.value().clone(), true);
  Sgd resumed_sgd(resumed, options);
  for (std::size_t p = 0; p < resumed.size(); ++p) resumed_sgd.velocities()[p].copy_from(sgd.velocities()[p]);
  set_gradients(parameters, 2);
  set_gradients(resumed, 2);
  sgd.step(0.1);
  resumed_sgd.step(0.1);
  CHECK(values_of(parameters) == values_of(resumed));
}

TEST_CASE("Sgd: hundreds of parameters, some of them empty") {
  std::vector<Variable> parameters;
  std::vector<std::vector<float>> expected;
  for (std::uint32_t p = 0; p < 1000; ++p) {
    const std::vector<float> start = normal(p % 4, 0, p), gradient = normal(p % 4, 1, p);
    parameters.emplace_back(Tensor::from(start).to(test_device), true);
    parameters.back().mutable_grad() = Tensor::from(gradient).to(test_device);
    expected.push_back(start);
    for (std::size_t i = 0; i < start.size(); ++i) expected.back()[i] -= 0.5f * gradient[i];
  }
  Sgd sgd(parameters, {.momentum = 0, .clip_norm = 1e6});
  sgd.step(0.5);
  for (std::size_t p = 0; p < parameters.size(); ++p)
    CHECK(parameters[p].value().to_vector<float>() == expected[p]);
}

TEST_CASE("Sgd: the same bits on every run and thread count") {
  const SgdOptions options{.momentum = 0.9, .nesterov = true, .weight_decay = 1e-3, .clip_norm = 5};
  CHECK(run(2, options) == run(2, options));
  CHECK(run(2, options) == run(1, options));
}

TEST_CASE("MomentumAverage: starts as a copy and follows decay·average + (1 − decay)·value") {
  const std::vector<float> start = normal(20000, 0, 0);
  std::vector<Tensor> state{Tensor::from(start).to(test_device), Tensor::full({3}, 2, test_device)};
  MomentumAverage average(state, 0.9);
  CHECK(average.average()[0].to_vector<float>() == start);
  CHECK(average.average()[0].raw() != state[0].raw());

  std::vector<double> expected(start.begin(), start.end());
  for (std::uint32_t step = 1; step <= 10; ++step) {
    const std::vector<float> value = normal(20000, step, 0);
    state[0].copy_from(Tensor::from(value));
    average.update();
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = 0.9 * expected[i] + 0.1 * value[i];
  }
  const std::vector<float> actual = average.average()[0].to_vector<float>();
  check_close({{actual.begin(), actual.end()}}, {expected}, 1e-5);
  CHECK(average.average()[1].to_vector<float>() == std::vector<float>(3, 2));
  CHECK(state[1].to_vector<float>() == std::vector<float>(3, 2));
}
