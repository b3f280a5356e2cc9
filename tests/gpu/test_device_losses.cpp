// Every loss on the GPU against the CPU's in double, which test_loss_formulas.cpp holds against finite
// differences.
#include "engine/device_value.h"
#include "engine/ops.h"
#include "tests/check_error.h"
#include "tests/loss_batch.h"
#include "tests/reference_check.h"

#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

Variable leaf(const TestBatch& batch) {
  const auto rows = static_cast<std::int64_t>(batch.logits.size()) / batch.classes;
  return Variable(reference::to_tensor({{rows, batch.classes}, batch.logits}), true);
}

Tensor labels_of(const TestBatch& batch) {
  return Tensor::from(batch.labels).to(test_device);
}

std::vector<double> doubles(const Tensor& tensor) {
  return reference::to_array(tensor).values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The outcome of a loss on the GPU: values of the samples, and their gradients by way of the mean's
/// backward, which is given `scale`·N as the gradient of the mean.
LossOutcome on_device(const Loss& loss, const TestBatch& batch, float scale = 1) {
  const Variable logits = leaf(batch);
  const Tensor labels = labels_of(batch);
  const Loss::Step step{1};  // as TestBatch::batch() has it
  const Variable mean = loss(logits, labels, step);
  LossOutcome outcome{doubles(loss.value_tensor(logits, labels, step)), {}};
  CHECK(mean.value().device() == Device::cuda);
  CHECK(mean.value().item() == doctest::Approx(mean_of(outcome.values)).epsilon(1e-6));
  backward(mean, Tensor::full({}, scale * static_cast<float>(batch.labels.size()), test_device));
  outcome.gradient = doubles(logits.grad());
  for (double& gradient : outcome.gradient) gradient /= scale;
  return outcome;
}

void check_loss(const std::string& spec, int samples, int classes, double logit_scale) {
  CAPTURE(spec);
  CAPTURE(classes);
  CAPTURE(logit_scale);
  const auto loss = loss_of(spec, classes);
  const TestBatch batch = irregular_batch(samples, classes, logit_scale, loss->views());
  const LossOutcome actual = on_device(*loss, batch), expected = in_double(*loss, batch);
  CHECK(reference::deviation(actual.values, expected.values) <= 1e-5);
  CHECK(reference::deviation(actual.gradient, expected.gradient) <= 1e-5);
}

}  // namespace

TEST_CASE("values and gradients of every loss, and of the published sums") {
  for (const std::string& spec : every_loss())
    for (const int classes : {2, 3, 10, 33, 100}) check_loss(spec, 5, classes, 4);
}

TEST_CASE("batches of one sample and of a few, small and large logits") {
  for (const char* spec : {"ce", "gce", "nce+agce", "nfl", "lc-ce", "bs", "peer", "forward", "gjs"})
    for (const int samples : {1, 3, 13})
      for (const double scale : {0.5, 10.0}) check_loss(spec, samples, 7, scale);
  for (const char* spec : {"ce", "gce", "nce+agce", "lc-ce", "peer"}) check_loss(spec, 5, 7, 30);
}

TEST_CASE("parameters and knobs") {
  for (const char* spec : {"fl:gamma=2,detach=1", "fl:gamma=2", "mae:scale=2", "truncated-gce:q=0.3,k=0.2",
                           "taylor-ce:6", "phuber-ce:3", "js:0.9", "ls:alpha=-0.4", "nfl+rce:gamma=3,alpha=2",
                           "gce:q=0.7,shift=1.5", "ce:scale-margin=0.5", "mae:unit-weight=1", "gce:tau=2",
                           "ce:tau=2,tau-shifts=1", "aul:shift=-2,unit-weight=1"})
    for (const int classes : {2, 10}) check_loss(spec, 6, classes, 3);
}

TEST_CASE("the gradient is scaled by the one that comes in") {
  const TestBatch batch = irregular_batch(6, 5, 2);
  for (const char* spec : {"nce+rce", "lc-ce"}) {
    const auto loss = loss_of(spec, 5);
    CHECK(reference::deviation(on_device(*loss, batch, -0.25f).gradient, in_double(*loss, batch).gradient) <=
          1e-5);
  }
}

TEST_CASE("weights of the samples") {
  const std::vector<float> weights{0, 1, 2.5f, 0.5f, 0, 3};
  for (const char* spec : {"gce", "gjs"}) {
    const auto loss = loss_of(spec);
    const TestBatch batch = irregular_batch(6, 5, 2, loss->views());
    const Variable logits = leaf(batch);
    const Variable mean = loss->weighted(logits, labels_of(batch), Tensor::from(weights).to(test_device), {});
    backward(mean);
    LossOutcome expected = in_double(*loss, batch);
    for (std::size_t i = 0; i < weights.size(); ++i) expected.values[i] *= weights[i];
    for (std::size_t i = 0; i < expected.gradient.size(); ++i)
      expected.gradient[i] *= weights[i / 5 % weights.size()] / 6;
    CHECK(mean.value().item() == doctest::Approx(mean_of(expected.values)).epsilon(1e-5));
    CHECK(reference::deviation(doubles(logits.grad()), expected.gradient) <= 1e-5);
    check_error([&] { loss->weighted(logits, labels_of(batch), Tensor::zeros({5}).to(test_device), {}); },
                {"weights (5)", "6 samples"});
  }
}

TEST_CASE("random labels follow the step that stands in memory") {
  const auto peer = loss_of("peer");
  const TestBatch batch = irregular_batch(12, 4, 2);
  const Variable logits = leaf(batch);
  const Tensor labels = labels_of(batch);
  const auto values = [&](std::uint32_t step, Device device) {
    const DeviceValue<StepScalars> scalars({.draw = step}, device);
    return peer->value_tensor(Variable(logits.value().to(device)), labels.to(device), {1, scalars.data()})
        .to_vector<float>();
  };
  std::vector<std::vector<float>> seen;
  for (const std::uint32_t step : {3u, 4u}) {
    seen.push_back(values(step, test_device));
    const std::vector<float> expected = values(step, Device::cpu);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(seen.back()[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
  CHECK(seen[0] != seen[1]);
}

TEST_CASE("cross entropy with targets, and the divergence of two views") {
  for (const int classes : {2, 10, 33}) {
    const TestBatch batch = irregular_batch(6, classes, 3);
    std::vector<float> rows;
    for (std::size_t i = 0; i < batch.logits.size(); ++i)
      rows.push_back(static_cast<float>(i % 7) / 5 - 0.3f);
    const Tensor targets = Tensor::from(rows, {6, classes});
    const auto outcome = [&](Device device, bool soft) {
      const Variable logits(leaf(batch).value().to(device), true);
      const Variable loss = soft ? soft_cross_entropy(logits, targets.to(device)) : jensen_shannon(logits);
      backward(loss);
      return LossOutcome{{loss.value().item()}, doubles(logits.grad())};
    };
    for (const bool soft : {true, false}) {
      CAPTURE(soft);
      const LossOutcome actual = outcome(test_device, soft), expected = outcome(Device::cpu, soft);
      CHECK(reference::deviation(actual.values, expected.values) <= 1e-5);
      CHECK(reference::deviation(actual.gradient, expected.gradient) <= 1e-5);
    }
  }
}

TEST_CASE("no gradients where nothing is recorded, the same bits every time") {
  const TestBatch batch = irregular_batch(9, 33, 4);
  for (const char* spec : {"lc-ce", "nce+agce", "peer"}) {
    const auto loss = loss_of(spec);
    const Variable mean = (*loss)(leaf(batch).detach(), labels_of(batch));
    CHECK_FALSE(mean.requires_grad());
    const LossOutcome once = on_device(*loss, batch), again = on_device(*loss, batch);
    CHECK(mean.value().item() == (*loss)(leaf(batch), labels_of(batch)).value().item());
    CHECK(once.values == again.values);
    CHECK(once.gradient == again.gradient);
  }
}

TEST_CASE("logits and labels on different devices are refused") {
  const TestBatch batch = irregular_batch(4, 3, 1);
  check_error([&] { (*loss_of("ce"))(leaf(batch), Tensor::from(batch.labels)); },
              {"the logits are on the cuda", "the labels on the cpu"});
}
