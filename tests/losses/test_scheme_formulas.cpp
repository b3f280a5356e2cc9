// The schemes beside OGC: each against the formulas of its paper, written out in double precision.
#include "engine/ops.h"
#include "engine/random.h"
#include "losses/schemes/label_confidence.h"
#include "losses/schemes/parameter_distance.h"
#include "losses/schemes/scheme.h"
#include "losses/sum_loss.h"
#include "tests/check_error.h"
#include "tests/loss_batch.h"
#include "tests/scheme_step.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

using Doubles = std::vector<double>;

std::unique_ptr<Scheme> scheme_of(const std::string& scheme, const std::string& loss = "ce") {
  return make_scheme(Spec(scheme, "--scheme"), Spec(loss, "--loss"));
}

Variable leaf(const Doubles& values, const Shape& shape) {
  return Variable(Tensor::from(std::vector<float>(values.begin(), values.end()), shape), true);
}

Variable leaf(const TestBatch& batch) {
  return leaf(batch.logits, {static_cast<std::int64_t>(batch.logits.size()) / batch.classes, batch.classes});
}

std::vector<float> gradient_of(const Variable& loss, const Variable& x) {
  backward(loss);
  return x.grad().to_vector<float>();
}

Doubles plain_softmax(const double* row, int classes) {
  const double highest = *std::max_element(row, row + classes);
  Doubles p;
  for (int k = 0; k < classes; ++k) p.push_back(std::exp(row[k] - highest));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= sum;
  return p;
}

/// Checks a gradient against central differences of a function in double.
void check_gradient(const std::vector<float>& gradient, const std::function<double(const Doubles&)>& f,
                    const Doubles& at, double tolerance) {
  REQUIRE(gradient.size() == at.size());
  constexpr double step = 1e-6;
  for (std::size_t i = 0; i < at.size(); ++i) {
    Doubles up = at, down = at;
    up[i] += step;
    down[i] -= step;
    CAPTURE(i);
    CHECK(std::abs(gradient[i] - (f(up) - f(down)) / (2 * step)) <= tolerance);
  }
}

/// A training set of three samples and three classes for what schemes look at between epochs.
struct ThreeSamples final : TrainingSetView {
  std::vector<std::int32_t> given = {0, 1, 2};
  Doubles momentum, best;

  std::span<const std::int32_t> labels() const override { return given; }
  int classes() const override { return 3; }
  Tensor momentum_logits() override { return leaf(momentum, {3, 3}).value(); }
  Tensor best_logits() override { return leaf(best, {3, 3}).value(); }
};

const std::vector<std::int32_t> all_three = {0, 1, 2};

}  // namespace

TEST_CASE("Jensen-Shannon divergence of two views: value, gradient, bounds") {
  for (const int classes : {2, 3, 17}) {
    const TestBatch batch = irregular_batch(4, classes, 3, 2);
    const auto plain = [&](const Doubles& logits) {
      double sum = 0;
      for (int i = 0; i < 4; ++i) {
        const Doubles p = plain_softmax(&logits[i * classes], classes),
                      q = plain_softmax(&logits[(4 + i) * classes], classes);
        for (int k = 0; k < classes; ++k) {
          const double m = (p[k] + q[k]) / 2;
          sum += (p[k] * std::log(p[k] / m) + q[k] * std::log(q[k] / m)) / 2;
        }
      }
      return sum / 4;
    };
    const Variable logits = leaf(batch);
    const Variable divergence = jensen_shannon(logits);
    CHECK(divergence.value().item() == doctest::Approx(plain(batch.logits)).epsilon(1e-5));
    check_gradient(gradient_of(divergence, logits), plain, batch.logits, 1e-6);
  }
  // Views that are sure of different classes are as far apart as can be, and views that agree not at all.
  const Variable apart = leaf({1e4, -1e4, 0, -1e4, 1e4, 0}, {2, 3});
  const Variable divergence = jensen_shannon(apart);
  CHECK(divergence.value().item() == doctest::Approx(std::log(2.0)));
  for (const float g : gradient_of(divergence, apart)) CHECK(std::isfinite(g));
  CHECK(jensen_shannon(leaf({0.3, 2, -9, 0.3, 2, -9}, {2, 3})).value().item() == doctest::Approx(0));
  check_error([] { jensen_shannon(leaf({1, 2, 3}, {1, 3})); }, {"jensen_shannon", "(1, 3)"});
}

TEST_CASE("squared distance of two models' parameters") {
  const std::vector<Variable> a = {leaf({1, 2}, {2}), leaf({3, 4, 5, 6}, {2, 2})},
                              b = {leaf({0, 4}, {2}), leaf({3, 4, 5, 5}, {2, 2})};
  const Variable distance = squared_distance(a, b);
  CHECK(distance.value().item() == 6);
  backward(affine(distance, 0.5f, 0));
  CHECK(a[0].grad().to_vector<float>() == std::vector<float>{1, -2});
  CHECK(b[0].grad().to_vector<float>() == std::vector<float>{-1, 2});
  CHECK(b[1].grad().to_vector<float>() == std::vector<float>{0, 0, 0, -1});
  check_error([&] { squared_distance(a, std::vector{b[0]}); }, {"2", "1"});
  check_error([&] { squared_distance(a, std::vector{b[1], b[0]}); }, {"(2)", "(2, 2)"});
}

TEST_CASE("a weighted loss is each sample's loss and gradient times its weight") {
  for (const std::string name : {"ce", "nce", "gjs"}) {
    CAPTURE(name);
    const auto loss = make_loss(Spec(name, "--loss"));
    const TestBatch batch = irregular_batch(5, 4, 2, loss->views());
    const Tensor labels = Tensor::from(batch.labels);
    const std::vector<float> weights = {0, 1, 2, 0.5f, 3};
    const Variable logits = leaf(batch);
    const Variable weighted = loss->weighted(logits, labels, Tensor::from(weights), {});
    const LossOutcome plain = in_double(*loss, batch);
    double sum = 0;
    for (int i = 0; i < 5; ++i) sum += weights[i] * plain.values[i] / 5;
    CHECK(weighted.value().item() == doctest::Approx(sum).epsilon(1e-5));
    const std::vector<float> gradient = gradient_of(weighted, logits);
    for (std::size_t i = 0; i < gradient.size(); ++i)
      CHECK(gradient[i] == doctest::Approx(weights[i / 4 % 5] * plain.gradient[i] / 5).epsilon(1e-4));
    check_error([&] { loss->weighted(logits, labels, Tensor::zeros({4}), {}); },
                {"weights (4)", "5 samples"});
  }
}

TEST_CASE("stochastic labels without noise are cross entropy to the last bit") {
  const TestBatch batch = irregular_batch(8, 10, 3);
  const auto step = [&](const std::string& spec) {
    const Variable logits = leaf(batch);
    const Variable loss = take_step(*scheme_of(spec), {{logits}, Tensor::from(batch.labels)});
    return std::pair(loss.value().item(), gradient_of(loss, logits));
  };
  CHECK(step("sln:sigma=0") == step("none"));
  CHECK(step("sln:sigma=1") != step("none"));
  CHECK(step("sln:sigma=1") == step("sln:sigma=1"));
}

TEST_CASE("the noise of stochastic labels on the logits' gradient has the covariance of Proposition 2") {
  // Targets e_y + σz make the gradient p·(1 + σΣz) − e_y − σz, so its noise is σ(p·Σz − z), of covariance
  // σ²(K·p_i·p_j − p_i − p_j + δ_ij): of least variance at p_i = 1/K, of most at p_i = 1.
  constexpr int classes = 4, draws = 20000;
  constexpr double sigma = 0.5;
  const Doubles logits = {0.3, -1, 1.2, 0};
  const Doubles p = plain_softmax(logits.data(), classes);
  const auto scheme = scheme_of("sln:sigma=0.5");
  Doubles mean(classes), second(classes * classes);
  for (std::uint32_t step = 0; step < draws; ++step) {
    const Variable x = leaf(logits, {1, classes});
    const auto g = gradient_of(
        take_step(*scheme, {{x}, Tensor::from(std::vector<std::int32_t>{2})}, {.draw = step}, 7), x);
    for (int i = 0; i < classes; ++i) {
      mean[i] += g[i] / static_cast<double>(draws);
      for (int j = 0; j < classes; ++j) second[i * classes + j] += double{g[i]} * g[j] / draws;
    }
  }
  for (int i = 0; i < classes; ++i) {
    CHECK(std::abs(mean[i] - (p[i] - (i == 2))) < 0.02);
    for (int j = 0; j < classes; ++j) {
      const double expected = sigma * sigma * (classes * p[i] * p[j] - p[i] - p[j] + (i == j));
      CHECK(std::abs(second[i * classes + j] - mean[i] * mean[j] - expected) < 0.02);
    }
  }
}

TEST_CASE("noise on logits and on weights is added to the gradients as the paper says, fresh each step") {
  const TestBatch batch = irregular_batch(50, 10, 2);
  const Tensor labels = Tensor::from(batch.labels);
  const auto deviation = [](const std::vector<float>& noisy, const std::vector<float>& clean) {
    double squares = 0;
    for (std::size_t i = 0; i < noisy.size(); ++i) squares += std::pow(double{noisy[i]} - clean[i], 2);
    return std::sqrt(squares / static_cast<double>(noisy.size()));
  };
  const auto gradients = [&](const std::string& spec, std::uint32_t step) {
    const Variable weight = leaf(Doubles(4000, 0.5), {40, 100}), logits = leaf(batch);
    const std::vector<std::vector<Variable>> parameters = {{weight}};
    const Variable loss =
        take_step(*scheme_of(spec, "gce"), {{logits}, labels, {}, parameters}, {.draw = step});
    const std::vector<float> of_logits = gradient_of(loss, logits);
    const Tensor& of_weight = weight.grad();
    return std::pair(of_logits,
                     of_weight.defined() ? of_weight.to_vector<float>() : std::vector<float>(4000));
  };
  const auto plain = gradients("none", 0), on_logits = gradients("noise-on-logits:sigma=2", 0),
             on_weights = gradients("noise-on-weights:sigma=0.3", 0),
             of_samples = gradients("noise-on-weights:sigma=0.3,per-sample=1", 0);
  CHECK(deviation(on_logits.first, plain.first) == doctest::Approx(2.0 / 50).epsilon(0.1));
  CHECK(deviation(on_logits.second, plain.second) == 0);
  CHECK(deviation(on_weights.second, plain.second) == doctest::Approx(0.3).epsilon(0.05));
  CHECK(deviation(on_weights.first, plain.first) == 0);
  // Of the mean of 50 samples' own noise.
  CHECK(deviation(of_samples.second, plain.second) == doctest::Approx(0.3 / std::sqrt(50)).epsilon(0.05));
  CHECK(gradients("noise-on-logits:sigma=2", 1).first != on_logits.first);
  CHECK(gradients("noise-on-weights:sigma=0.3", 1).second != on_weights.second);
}

TEST_CASE("label correction moves a target the nearer to the prediction the smaller its loss") {
  for (const bool soft : {false, true}) {
    CAPTURE(soft);
    ThreeSamples set;
    set.momentum = {2, 0, 0, 3, 1, 0, 0, 1, 0.5};
    const auto scheme = scheme_of(soft ? "sln:sigma=1,lc=2,lc-soft=1" : "mo:0.9,lc=2");
    CHECK(scheme->momentum_decay() == (soft ? 0 : 0.9));
    scheme->begin_epoch(1, set);  // not yet

    // Twice: the second time losses are those with the targets of the first.
    std::vector<Doubles> targets = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (const int epochs_done : {2, 3}) {
      scheme->begin_epoch(epochs_done, set);
      std::vector<Doubles> p;
      Doubles losses(3);
      for (int i = 0; i < 3; ++i) {
        p.push_back(plain_softmax(&set.momentum[3 * i], 3));
        for (int k = 0; k < 3; ++k) losses[i] -= targets[i][k] * std::log(p[i][k]);
      }
      const auto [least, largest] = std::ranges::minmax(losses);
      for (int i = 0; i < 3; ++i) {
        const double omega = (losses[i] - least) / (largest - least);
        const auto best = std::ranges::max_element(p[i]) - p[i].begin();
        for (int k = 0; k < 3; ++k)
          targets[i][k] = omega * (set.given[i] == k) + (1 - omega) * (soft ? p[i][k] : double(best == k));
      }
    }
    const TestBatch batch = irregular_batch(3, 3, 2);
    const Variable logits = leaf(batch);
    double expected = 0;
    for (int i = 0; i < 3; ++i) {
      const Doubles q = plain_softmax(&batch.logits[3 * i], 3);
      for (int k = 0; k < 3; ++k) expected -= targets[i][k] * std::log(q[k]) / 3;
    }
    const Variable loss = take_step(*scheme, {{logits}, Tensor::from(batch.labels), Tensor::from(all_three)});
    CHECK(loss.value().item() == doctest::Approx(expected).epsilon(1e-5));
  }
}

TEST_CASE("truncation keeps samples that the best model finds likelier than k, and trains on these") {
  ThreeSamples set;
  set.best = {3, 0, 0, 3, 0, 0, 0, 0, 3};  // samples 0 and 2 are likely, 1 is not
  const auto scheme = scheme_of("truncated:k=0.4,from=2,every=3", "gce:0.7");
  CHECK(scheme->needs_validation());
  const TestBatch batch = irregular_batch(3, 3, 2);
  const auto gce = [](double p) { return (1 - std::pow(p, 0.7)) / 0.7; };
  const auto check_loss = [&](const std::vector<bool>& kept) {
    const Variable logits = leaf(batch);
    const Variable loss = take_step(*scheme, {{logits}, Tensor::from(batch.labels), Tensor::from(all_three)});
    double expected = 0;
    for (int i = 0; i < 3; ++i)
      if (kept[i]) expected += (gce(plain_softmax(&batch.logits[3 * i], 3)[batch.labels[i]]) - gce(0.4)) / 3;
    CHECK(loss.value().item() == doctest::Approx(expected).epsilon(1e-5));
    const auto gradient = gradient_of(loss, logits);
    for (int i = 0; i < 9; ++i) CHECK((gradient[i] != 0) == kept[i / 3]);
  };
  scheme->begin_epoch(1, set);
  check_loss({true, true, true});
  scheme->begin_epoch(2, set);
  check_loss({true, false, true});
  set.best = {0, 0, 0, 0, 3, 0, 0, 0, 3};
  scheme->begin_epoch(4, set);  // not an epoch for it
  check_loss({true, false, true});
  scheme->begin_epoch(5, set);
  check_loss({false, true, true});
  CHECK(scheme->metrics().front().second == doctest::Approx(2.0 / 3));
}

TEST_CASE("in co-teaching each model learns from the smallest losses of the other") {
  const auto scheme = scheme_of("co-teaching:forget=0.5,ramp=4", "ce");
  CHECK(scheme->companion() == "peer");
  CHECK_FALSE(scheme->companion_starts_equal());
  const TestBatch one = irregular_batch(8, 5, 2), other = irregular_batch(8, 5, 3);
  const auto ce = make_loss(Spec("ce", "--loss"));
  ThreeSamples set;
  for (const auto& expectation : std::map<int, int>{{0, 8}, {1, 7}, {2, 6}, {4, 4}, {9, 4}}) {
    const int epochs_done = expectation.first, kept = expectation.second;
    CAPTURE(epochs_done);
    scheme->begin_epoch(epochs_done, set);
    const Variable a = leaf(one), b = leaf(other);
    const Variable loss = take_step(*scheme, {{a, b}, Tensor::from(one.labels)});
    backward(loss);
    double expected = 0;
    const auto check_pupil = [&](const TestBatch& teacher, const TestBatch& pupil, const Variable& logits) {
      const Doubles by_teacher = in_double(*ce, teacher).values, values = in_double(*ce, pupil).values;
      std::vector<int> order(8);
      std::iota(order.begin(), order.end(), 0);
      std::ranges::sort(order, {}, [&](int i) { return by_teacher[i]; });
      const std::vector<float> gradient = logits.grad().to_vector<float>();
      for (int rank = 0; rank < 8; ++rank) {
        const int i = order[rank];
        if (rank < kept) expected += values[i] / kept;
        CHECK((gradient[i * 5] != 0) == (rank < kept));
      }
    };
    check_pupil(other, one, a);
    check_pupil(one, other, b);
    CHECK(loss.value().item() == doctest::Approx(expected).epsilon(1e-5));
  }
}

namespace {

/// Label confidence on a tiny pair of linear models: logits are images times weights.
struct TinyPair {
  static constexpr int samples = 4, inputs = 3, classes = 3;
  Doubles first_view, second_view;  // (samples, inputs)
  Doubles noise_free, robust;       // weights (classes, inputs)
  std::vector<std::int32_t> labels = {0, 1, 2, 1};

  TinyPair() {
    for (int i = 0; i < samples * inputs; ++i) {
      first_view.push_back(static_cast<float>(std::sin(1.7 * i + 0.3)));
      second_view.push_back(static_cast<float>(std::sin(1.9 * i + 0.5)));
    }
    for (int i = 0; i < classes * inputs; ++i) {
      noise_free.push_back(static_cast<float>(std::cos(2.3 * i)));
      robust.push_back(static_cast<float>(1.5 * std::cos(1.1 * i + 1)));
    }
  }

  static Doubles predict(const Doubles& weights, const Doubles& view, int sample) {
    Doubles logits(classes);
    for (int k = 0; k < classes; ++k)
      for (int j = 0; j < inputs; ++j) logits[k] += weights[k * inputs + j] * view[sample * inputs + j];
    return plain_softmax(logits.data(), classes);
  }

  static double gce(double p) { return (1 - std::pow(p, 0.7)) / 0.7; }

  /// Confidences and corrected targets at the given robust weights: constants as far as gradients go.
  struct Constants {
    Doubles confidence;
    std::vector<Doubles> targets;
  };
  Constants constants(const LabelConfidenceOptions& options, const Doubles& robust_weights,
                      bool corrected) const {
    Constants c;
    double mean = 0;
    for (int i = 0; i < samples; ++i)
      mean += gce(predict(robust_weights, first_view, i)[labels[i]]) / samples;
    const double mu = 0.7 * 0 + 0.3 * mean;
    for (int i = 0; i < samples; ++i) {
      const Doubles p = predict(robust_weights, first_view, i);
      c.confidence.push_back(1 / (1 + std::exp(-0.5 * (-gce(p[labels[i]]) + mu + options.m))));
      Doubles target(classes);
      for (int k = 0; k < classes; ++k)
        target[k] = corrected ? 0.5 * (labels[i] == k) + 0.5 * p[k] : double(labels[i] == k);
      c.targets.push_back(target);
    }
    return c;
  }

  /// Eq. 7 to 9.
  double loss(const LabelConfidenceOptions& o, const Doubles& free_weights, const Doubles& robust_weights,
              const Constants& c) const {
    double robust_part = 0, divergence = 0, weighted = 0, untrusted = 0, distance = 0;
    for (int i = 0; i < samples; ++i) {
      robust_part += gce(predict(robust_weights, first_view, i)[labels[i]]) / samples;
      const Doubles p = predict(free_weights, first_view, i), q = predict(free_weights, second_view, i);
      for (int k = 0; k < classes; ++k) {
        weighted -= c.confidence[i] * c.targets[i][k] * std::log(p[k]);
        const double m = (p[k] + q[k]) / 2;
        divergence += (p[k] * std::log(p[k] / m) + q[k] * std::log(q[k] / m)) / 2 / samples;
      }
      untrusted += 1 - c.confidence[i];
    }
    for (std::size_t i = 0; i < free_weights.size(); ++i)
      distance += std::pow(free_weights[i] - robust_weights[i], 2);
    return robust_part + o.alpha * weighted / untrusted + o.rho * divergence + o.lambda * distance;
  }
};

}  // namespace

TEST_CASE("label confidence is Eq. 7 to 9, and no gradient flows to the confidence") {
  const TinyPair tiny;
  const Shape image_shape{TinyPair::samples, TinyPair::inputs},
      weight_shape{TinyPair::classes, TinyPair::inputs};
  for (const double progress : {0.1, 0.25}) {
    for (const LabelConfidenceOptions options :
         {LabelConfidenceOptions{.alpha = 0.7, .lambda = 0.3, .rho = 0.9, .m = 1},
          LabelConfidenceOptions{.alpha = 2, .lambda = 0, .rho = 0, .m = -2}}) {
      CAPTURE(progress);
      CAPTURE(options.rho);
      LabelConfidence scheme(make_loss(Spec("gce", "--loss")), options);
      const std::vector<std::vector<Variable>> parameters = {{leaf(tiny.noise_free, weight_shape)},
                                                             {leaf(tiny.robust, weight_shape)}};
      const Variable &noise_free = parameters[0][0], &robust = parameters[1][0];
      const Tensor first = leaf(tiny.first_view, image_shape).value(),
                   second = leaf(tiny.second_view, image_shape).value();
      CHECK(scheme.views(0) == (options.rho > 0 ? 2 : 1));
      CHECK(scheme.views(1) == 1);
      const Tensor seen = options.rho > 0 ? concatenate({first, second}) : first;
      const SchemeBatch batch{{linear(Variable(seen), noise_free, {}), linear(Variable(first), robust, {})},
                              Tensor::from(tiny.labels),
                              {},
                              parameters};
      const Variable loss = take_step(scheme, batch, {.progress = progress});
      backward(loss);

      const auto constants = tiny.constants(options, tiny.robust, progress >= 0.25);
      CHECK(loss.value().item() ==
            doctest::Approx(tiny.loss(options, tiny.noise_free, tiny.robust, constants)).epsilon(1e-5));
      check_gradient(
          noise_free.grad().to_vector<float>(),
          [&](const Doubles& w) { return tiny.loss(options, w, tiny.robust, constants); }, tiny.noise_free,
          2e-6);
      check_gradient(
          robust.grad().to_vector<float>(),
          [&](const Doubles& w) { return tiny.loss(options, tiny.noise_free, w, constants); }, tiny.robust,
          2e-6);
    }
  }
}

TEST_CASE("the ablation with one model adds both losses on the same logits") {
  const auto scheme = scheme_of("label-confidence:models=1,rho=0,correct-from=1");
  CHECK(scheme->companion().empty());
  const TestBatch batch = irregular_batch(6, 4, 2);
  const Variable logits = leaf(batch);
  const Variable loss = take_step(*scheme, {{logits}, Tensor::from(batch.labels)}, {.progress = 0.9});
  double mean = 0, weighted = 0, untrusted = 0;
  Doubles gce;
  for (int i = 0; i < 6; ++i) {
    const double p = plain_softmax(&batch.logits[4 * i], 4)[batch.labels[i]];
    gce.push_back(TinyPair::gce(p));
    mean += gce.back() / 6;
  }
  for (int i = 0; i < 6; ++i) {
    const double p = plain_softmax(&batch.logits[4 * i], 4)[batch.labels[i]];
    const double confidence = 1 / (1 + std::exp(-0.5 * (0.3 * mean - gce[i])));
    weighted -= confidence * std::log(p);
    untrusted += 1 - confidence;
  }
  CHECK(loss.value().item() == doctest::Approx(mean + weighted / untrusted).epsilon(1e-5));
}

TEST_CASE("schemes that do not go with a loss or a key are refused in a sentence") {
  const auto refused = [](const std::string& scheme, const std::string& loss,
                          const std::vector<std::string>& parts) {
    check_error([&] { scheme_of(scheme, loss); }, parts);
  };
  refused("sln", "gce", {"sln", "targets of ce", "gce"});
  refused("mo:0.9,lc=3", "nce", {"lc=3", "nce"});
  refused("none:lc-soft=1", "ce", {"lc-soft", "lc=EPOCH"});
  refused("mo:1", "ce", {"mo must lie in [0, 1), not be 1"});
  refused("ogc:mo=1.5", "ce", {"mo"});
  refused("ogc:lc=3", "ce", {"lc", "epsilon"});
  refused("truncated", "nce", {"truncated", "nce", "probability"});
  refused("truncated:k=1", "gce", {"k must lie in (0, 1), not be 1"});
  refused("co-teaching:forget=1", "ce", {"forget"});
  refused("label-confidence:robust=nonsense", "ce", {"nonsense", "gce"});
  refused("label-confidence:models=3", "ce", {"models"});
  CHECK(scheme_of("ogc:mo=0.99", "gce")->momentum_decay() == 0.99);
  CHECK(scheme_of("mo")->momentum_decay() == 0.999);
  CHECK(scheme_of("label-confidence", "gjs")->views(1) == 2);
}
