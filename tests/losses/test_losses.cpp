// The loss as an op of the graph: against the published reference implementations' numbers, at extreme
// logits, and its refusals.
#include "tests/check_error.h"
#include "tests/loss_batch.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;

namespace {

struct Batch {
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  std::int64_t classes;
};

struct Outcome {
  double loss;
  std::vector<float> grad;
};

Outcome run(const std::string& spec, const Batch& batch) {
  const auto rows = static_cast<std::int64_t>(batch.logits.size()) / batch.classes;
  const Variable logits(Tensor::from(batch.logits, {rows, batch.classes}), true);
  const Variable loss = (*loss_of(spec, static_cast<int>(batch.classes)))(logits, Tensor::from(batch.labels));
  backward(loss);
  return {loss.value().item(), logits.grad().to_vector<float>()};
}

std::vector<float> flat(const nlohmann::json& rows) {
  std::vector<float> values;
  for (const auto& row : rows)
    for (const auto& value : row) values.push_back(value.get<float>());
  return values;
}

bool all_finite(const Outcome& outcome) {
  return std::isfinite(outcome.loss) &&
         std::ranges::all_of(outcome.grad, [](float g) { return std::isfinite(g); });
}

float largest(const std::vector<float>& values) {
  float result = 0;
  for (const float value : values) result = std::max(result, std::abs(value));
  return result;
}

}  // namespace

TEST_CASE("losses equal the published reference implementations") {
  std::ifstream file(std::string(NOISEGATE_TEST_DATA) + "/losses.json");
  const auto data = nlohmann::json::parse(file);
  for (const auto& entry : data["sets"].items()) {
    const std::string& name = entry.key();
    const auto& set = entry.value();
    const Batch batch{flat(set["logits"]), set["labels"].get<std::vector<std::int32_t>>(),
                      static_cast<std::int64_t>(set["logits"][0].size())};
    // Logits of scale 12 have probabilities under 1e-20, which the references clamp to 1e-7 and we do not.
    const bool clamped = name == "k10_s12";
    CHECK(set["expected"].size() == 8);
    for (const auto& reference : set["expected"].items()) {
      const std::string& spec = reference.key();
      const auto& expected = reference.value();
      CAPTURE(name);
      CAPTURE(spec);
      const Outcome outcome = run(spec, batch);
      CHECK(outcome.loss == doctest::Approx(expected["loss"].get<double>()).epsilon(clamped ? 1e-3 : 1e-5));
      CHECK(all_finite(outcome));
      const std::vector<float> grad = flat(expected["grad"]);
      for (std::size_t i = 0; i < grad.size(); ++i)
        CHECK(std::abs(outcome.grad[i] - grad[i]) <= (clamped ? 1e-3f : 1e-5f) * largest(grad));
    }
  }
}

TEST_CASE("the op is the mean of the samples' losses") {
  const TestBatch batch = irregular_batch(19, 5, 3);
  for (const char* spec : {"gce", "nce+rce"}) {
    const LossOutcome expected = in_double(*loss_of(spec), batch);
    const Outcome outcome = run(spec, {{batch.logits.begin(), batch.logits.end()}, batch.labels, 5});
    double mean = 0;
    for (const double value : expected.values) mean += value / 19;
    CHECK(outcome.loss == doctest::Approx(mean).epsilon(1e-6));
    for (std::size_t i = 0; i < outcome.grad.size(); ++i)
      CHECK(outcome.grad[i] == doctest::Approx(expected.gradient[i] / 19).epsilon(1e-5).scale(1e-2));
  }
}

TEST_CASE("a batch on several threads has the same bits as one on one") {
  const TestBatch batch = irregular_batch(300, 200, 4);  // above the size from which threads are used
  const auto loss = loss_of("nce+agce");
  const LossOutcome whole = in_float(*loss, batch);
  for (const int sample : {0, 150, 299}) {
    const auto begin = batch.logits.begin() + sample * 200;
    const TestBatch one{{begin, begin + 200}, {batch.labels[sample]}, 200};
    const LossOutcome alone = in_float(*loss, one);
    CHECK(alone.values[0] == whole.values[sample]);
    CHECK(std::equal(alone.gradient.begin(), alone.gradient.end(), whole.gradient.begin() + sample * 200));
  }
}

TEST_CASE("logits of ±1e4 give finite values and gradients") {
  for (const std::string& spec : every_loss())
    for (const std::int32_t label : {0, 1, 2}) {
      CAPTURE(spec);
      CAPTURE(label);
      std::vector<float> logits{1e4f, -1e4f, 0};
      if (spec == "gjs") logits.insert(logits.end(), {-1e4f, 1e4f, 0});
      CHECK(all_finite(run(spec, {logits, {label}, 3})));
    }
}

TEST_CASE("a NaN logit is not hidden") {
  for (const std::string& spec : every_loss()) {
    CAPTURE(spec);
    std::vector<float> label{0, NAN, 0}, other{NAN, 0, 0};
    if (spec == "gjs") label.insert(label.end(), {0, 0, 0}), other.insert(other.end(), {0, 0, 0});
    CHECK(std::isnan(run(spec, {label, {1}, 3}).loss));
    CHECK(std::isnan(run(spec, {other, {1}, 3}).loss));
  }
}

TEST_CASE("soft targets: a one-hot row is cross entropy, and the gradient is p − t") {
  const TestBatch batch = irregular_batch(20, 6, 2);
  const std::vector<float> numbers(batch.logits.begin(), batch.logits.end());
  const Variable logits(Tensor::from(numbers, {20, 6}), true);
  std::vector<float> one_hot(120);
  for (int i = 0; i < 20; ++i) one_hot[i * 6 + batch.labels[i]] = 1;
  const Variable soft = soft_cross_entropy(logits, Tensor::from(one_hot, {20, 6}));
  backward(soft);
  const Outcome ce = run("ce", {numbers, batch.labels, 6});
  CHECK(soft.value().item() == doctest::Approx(ce.loss).epsilon(1e-6));
  const std::vector<float> gradient = logits.grad().to_vector<float>();
  for (std::size_t i = 0; i < gradient.size(); ++i)
    CHECK(gradient[i] == doctest::Approx(ce.grad[i]).epsilon(1e-4).scale(1e-2));

  const Variable row(Tensor::from(std::vector<float>{0, 0}, {1, 2}), true);
  const Variable loss = soft_cross_entropy(row, Tensor::from(std::vector<float>{2, -0.5f}, {1, 2}));
  backward(loss);
  CHECK(loss.value().item() == doctest::Approx(1.5 * std::log(2.0)));
  CHECK(row.grad().to_vector<float>() == std::vector<float>{-1.25f, 1.25f});  // p·Σt − t
  check_error(
      [&] {
        soft_cross_entropy(row, Tensor::from(std::vector<float>{1, 0, 0}, {1, 3}));
      },
      {"(1, 2)", "(1, 3)"});
}

TEST_CASE("bad specs and labels are refused with a sentence that names them") {
  const auto refused = [](const std::string& spec, const std::vector<std::string>& parts) {
    CAPTURE(spec);
    check_error([&] { loss_of(spec); }, parts);
  };
  refused("hinge", {"--loss", "hinge", "ce", "gce", "gjs"});
  refused("gce:r=0.7", {"--loss", "r", "q"});
  refused("gce:q=0", {"q must lie in [1e-09, 1]", "0"});
  refused("gce:q=1.5", {"q", "1.5"});
  refused("aul:a=1", {"a must lie in [1.001, 1000]"});
  refused("taylor-ce:t=1.5", {"t must be a whole number"});
  refused("fl:detach=0.5", {"detach must be a whole number"});
  refused("nce+", {"nce+"});
  refused("ce+ce", {"two different losses"});
  refused("ce+mae+rce", {"two different losses"});
  refused("ce+gjs", {"gjs", "stands alone"});
  refused("nce+rce:gamma=1", {"gamma"});
  refused("nce+rce:alpha=-1", {"alpha", "-1"});
  refused("nce:shift=1", {"shift"});
  refused("mae:tau=2,scale-margin=0.5", {"tau", "scale-margin"});
  refused("mae:tau-shifts=1", {"tau-shifts needs tau"});
  refused("forward", {"transition matrix"});
  refused("cr", {"shares of the labels"});
  check_error([] { make_loss(Spec("backward", "--loss"), {{}, {0.5, 0.5, 0.5, 0.5}}); }, {"no inverse"});
  check_error([] { make_loss(Spec("forward", "--loss"), {{}, {0.5, 0.6, 0, 1}}); }, {"row 0", "1.1"});
  check_error([] { make_loss(Spec("forward", "--loss"), {{}, {0.5, 0.5, 1}}); }, {"square"});
  check_error([] { run("ce", {{0, 0, 0}, {3}, 3}); }, {"label 3", "3 classes"});
  check_error([] { run("ce", {{0, 0, 0}, {-1}, 3}); }, {"label -1"});
  check_error([] { run("ce", {{0, 0}, {0, 0}, 1}); }, {"(2, 1)"});
  check_error([] { run("gjs", {{0, 0, 0}, {0}, 3}); }, {"two views"});
  check_error(
      [] {
        const auto loss = loss_of("forward", 3);  // a matrix of three classes for logits of two
        (*loss)(Variable(Tensor::from(std::vector<float>{0, 0}, {1, 2})),
                Tensor::from(std::vector<std::int32_t>{0}));
      },
      {"3 classes", "2"});
}

TEST_CASE("where the transition matrix comes from") {
  using Source = TransitionRequest::Source;
  const auto request = [](const std::string& spec) { return transition_request(Spec(spec, "--loss")); };
  CHECK_FALSE(request("nce+rce").has_value());
  CHECK_FALSE(request("gjs:0.5").has_value());
  CHECK(request("forward:T.npy")->path == "T.npy");
  CHECK(request("backward:T=t.csv")->source == Source::file);
  CHECK(request("forward:true")->source == Source::truth);
  CHECK(request("ce+forward:T=estimate,run=runs/ce")->path == "runs/ce");
  CHECK(request("forward:estimate,run=runs/ce")->source == Source::estimate);
  check_error([&] { request("forward"); }, {"T=FILE", "T=true", "T=estimate"});
  check_error([&] { request("forward:estimate"); }, {"run=DIR"});
  check_error([&] { request("forward:true,run=a"); }, {"run=DIR"});
}
