// The GPU's losses of p_y against the CPU's in double, which test_loss_formulas.cpp holds against finite
// differences.
#include "engine/cuda/memory.h"
#include "losses/cuda/margin_loss.h"
#include "losses/margin_part.h"
#include "tests/loss_batch.h"
#include "tests/reference_check.h"

#include <string>

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;

namespace {

struct DeviceOutcome {
  std::vector<double> values, gradient;
};

std::vector<double> doubles(const Tensor& tensor) {
  return reference::to_array(tensor).values;
}

template <class F>
DeviceOutcome on_device(const F& loss, const MarginBend& bend, const TestBatch& batch) {
  const Shape shape{static_cast<std::int64_t>(batch.labels.size()), batch.classes};
  const Tensor logits = reference::to_tensor({shape.extents(), batch.logits}),
               labels = Tensor::from(batch.labels).to(test_device);
  Tensor values = empty({shape[0]}), gradient = empty(shape);
  margin_loss(Stream(), loss, bend, input(logits), input<std::int32_t>(labels), output(values),
              output(gradient));
  return {doubles(values), doubles(gradient)};
}

void check_same(const DeviceOutcome& actual, const LossOutcome& expected) {
  CHECK(reference::deviation(actual.values, expected.values) <= 1e-5);
  CHECK(reference::deviation(actual.gradient, expected.gradient) <= 1e-5);
}

template <class F>
void check_loss(const std::string& spec, const F& loss) {
  CAPTURE(spec);
  for (const int classes : {2, 3, 10, 33, 100})
    for (const double scale : {0.5, 4.0, 30.0}) {
      CAPTURE(classes);
      CAPTURE(scale);
      const TestBatch batch = irregular_batch(9, classes, scale);
      check_same(on_device(loss, {}, batch), in_double(*make_loss(Spec(spec, "--loss")), batch));
    }
}

constexpr double rce_scale = 9.210340371976182;  // −log 1e-4

}  // namespace

TEST_CASE("values and gradients of every loss of p_y") {
  check_loss("ce", CrossEntropy{});
  check_loss("fl:gamma=0.5", FocalLoss{0.5, false});
  check_loss("fl:gamma=2,detach=1", FocalLoss{2, true});
  check_loss("mae:scale=2", MeanAbsoluteError{2});
  check_loss("gce:0.7", GeneralizedCrossEntropy{0.7});
  check_loss("truncated-gce:q=0.7,k=0.5", TruncatedGce{0.7, 0.5});
  check_loss("sce:alpha=0.1,beta=1", SymmetricCrossEntropy{0.1, rce_scale});
  check_loss("phuber-ce:10", PartiallyHuberisedCrossEntropy{10});
  check_loss("taylor-ce:6", TaylorCrossEntropy{6});
  check_loss("aul:a=6.3,q=1.5", AsymmetricUnhingedLoss{6.3, 1.5});
  check_loss("agce:a=6,q=1.5", AsymmetricGce{6, 1.5});
  check_loss("ael:2.5", AsymmetricExponentialLoss{2.5});
  check_loss("js:0.3", JensenShannon{0.3});
}

TEST_CASE("the knobs: a shifted, a scaled and a divided loss") {
  const TestBatch batch = irregular_batch(9, 10, 4);
  check_same(on_device(GeneralizedCrossEntropy{0.7}, {.shift = 1.5f}, batch),
             in_double(*make_loss(Spec("gce:q=0.7,shift=1.5", "--loss")), batch));
  check_same(on_device(CrossEntropy{}, {.scale = 0.5f}, batch),
             in_double(*make_loss(Spec("ce:scale-margin=0.5", "--loss")), batch));
  const double largest = largest_weight(MeanAbsoluteError{1});
  check_same(on_device(MeanAbsoluteError{1}, {.factor = static_cast<float>(1 / largest)}, batch),
             in_double(*make_loss(Spec("mae:unit-weight=1", "--loss")), batch));
}

TEST_CASE("a loss whose gradient is clipped follows its functor") {
  const TestBatch batch = irregular_batch(9, 2, 4);  // of two classes the margin is the logits' difference
  const ClippedLoss<CrossEntropy> loss(CrossEntropy{}, 0.25);
  LossOutcome expected;
  for (std::size_t sample = 0; sample < batch.labels.size(); ++sample) {
    const std::int32_t label = batch.labels[sample];
    const double* s = &batch.logits[2 * sample];
    const auto y = Probability<double>::of_margin(s[label] - s[1 - label]);
    const double w = weight(loss, y);
    expected.values.push_back(loss.value(y));
    expected.gradient.push_back(label == 0 ? -w : w);
    expected.gradient.push_back(label == 1 ? -w : w);
  }
  check_same(on_device(loss, {}, batch), expected);
}

TEST_CASE("values alone, and the gradient alone") {
  const TestBatch batch = irregular_batch(5, 10, 4);
  const Tensor logits = reference::to_tensor({{5, 10}, batch.logits}),
               labels = Tensor::from(batch.labels).to(test_device);
  const DeviceOutcome both = on_device(CrossEntropy{}, {}, batch);
  Tensor values = empty({5}), gradient = empty({5, 10});
  margin_loss(Stream(), CrossEntropy{}, {}, input(logits), input<std::int32_t>(labels), output(values), {});
  margin_loss(Stream(), CrossEntropy{}, {}, input(logits), input<std::int32_t>(labels), {}, output(gradient));
  CHECK(doubles(values) == both.values);
  CHECK(doubles(gradient) == both.gradient);
}
