// Optimized gradient clipping and its rivals: the mixture, the threshold, the clipped loss, and the published
// trace.
#include "engine/random.h"
#include "losses/functions/py/py_losses.h"
#include "losses/rows/clipped_loss.h"
#include "losses/schemes/ogc.h"
#include "losses/schemes/scheme.h"
#include "tests/check_error.h"
#include "tests/loss_batch.h"
#include "tests/scheme_step.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace noisegate;

namespace {

std::map<std::string, double> told(const Scheme& scheme) {
  const auto metrics = scheme.metrics();
  return {metrics.begin(), metrics.end()};
}

/// Values of two overlapping clusters, irregular but always the same.
std::vector<float> two_clusters() {
  Philox random(3, Purpose::test);
  std::vector<float> values;
  for (int i = 0; i < 600; ++i) values.push_back(0.3f + 0.2f * random.normal());
  for (int i = 0; i < 400; ++i) values.push_back(2.5f + 0.6f * random.normal());
  return values;
}

/// The same fit with nothing but arrays: responsibilities of both components, written out.
std::array<Gaussian, 2> plain_fit(const std::vector<float>& x) {
  const auto n = static_cast<double>(x.size());
  double centre[2] = {*std::ranges::min_element(x), *std::ranges::max_element(x)};
  std::vector<std::array<double, 2>> r(x.size());
  for (int step = 0; step < 100; ++step) {
    double sum[2] = {}, count[2] = {};
    for (std::size_t i = 0; i < x.size(); ++i) {
      const int k = std::abs(x[i] - centre[1]) < std::abs(x[i] - centre[0]) ? 1 : 0;
      r[i] = {k == 0 ? 1.0 : 0.0, k == 1 ? 1.0 : 0.0};
      sum[k] += x[i];
      count[k] += 1;
    }
    for (int k = 0; k < 2; ++k) centre[k] = sum[k] / count[k];
  }
  std::array<Gaussian, 2> g{};
  const auto maximise = [&] {
    for (int k = 0; k < 2; ++k) {
      double count = 0, sum = 0, squares = 0;
      for (std::size_t i = 0; i < x.size(); ++i) count += r[i][k], sum += r[i][k] * x[i];
      for (std::size_t i = 0; i < x.size(); ++i) squares += r[i][k] * std::pow(x[i] - sum / count, 2);
      g[k] = {count / n, sum / count, squares / count + 1e-3};
    }
  };
  maximise();
  double before = -1e300;
  for (int step = 0; step < 10; ++step) {
    double likelihood = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      double density[2];
      for (int k = 0; k < 2; ++k)
        density[k] = g[k].weight / std::sqrt(2 * M_PI * g[k].variance) *
                     std::exp(-std::pow(x[i] - g[k].mean, 2) / (2 * g[k].variance));
      for (int k = 0; k < 2; ++k) r[i][k] = density[k] / (density[0] + density[1]);
      likelihood += std::log(density[0] + density[1]) / n;
    }
    maximise();
    if (std::abs(likelihood - before) < 1e-3) break;
    before = likelihood;
  }
  return g;
}

/// The threshold by Eq. 10 and ten halvings, with nothing but loops.
double plain_threshold(const std::array<Gaussian, 2>& g, const std::function<double(double)>& abs_dp,
                       double target) {
  const auto ratio = [&](double threshold) {
    double share[2];
    for (int k = 0; k < 2; ++k) {
      double clipped = 0, density = 0;
      for (int i = 0; i < 1000; ++i) {
        const double low = -std::log1p(-1e-7), high = -std::log(1e-7), h = low + (high - low) * i / 999;
        const double f = std::exp(-std::pow(h - g[k].mean, 2) / (2 * g[k].variance));
        clipped += f * std::min(abs_dp(std::exp(-h)), abs_dp(threshold));
        density += f;
      }
      share[k] = clipped / density;
    }
    return share[1] / share[0];
  };
  double low = 1e-7, high = 1 - 1e-7;
  if (ratio(high) > target) return high;
  if (ratio(low) < target) return low;
  for (int i = 0; i < 10; ++i) {
    const double middle = (low + high) / 2;
    if (ratio(middle) > target)
      low = middle;
    else
      high = middle;
  }
  return high;
}

MarginCurve curve_of(const Scheme& scheme) {
  return *scheme.curve(scheme.curve_state());
}

}  // namespace

TEST_CASE("the mixture of two Gaussians is that of a plain implementation") {
  const std::vector<float> values = two_clusters();
  const auto fitted = fit_two_gaussians(values), plain = plain_fit(values);
  for (int k = 0; k < 2; ++k) {
    CHECK(fitted[k].weight == doctest::Approx(plain[k].weight).epsilon(1e-9));
    CHECK(fitted[k].mean == doctest::Approx(plain[k].mean).epsilon(1e-9));
    CHECK(fitted[k].variance == doctest::Approx(plain[k].variance).epsilon(1e-9));
  }
  CHECK(fitted[0].mean == doctest::Approx(0.3).epsilon(0.05));
  CHECK(fitted[1].mean == doctest::Approx(2.5).epsilon(0.05));
  const auto two_values = fit_two_gaussians(std::vector<float>{0, 0, 0, 5});
  CHECK(two_values[0].weight == doctest::Approx(0.75));
  CHECK(two_values[1].variance == doctest::Approx(1e-3));
}

TEST_CASE("the clipped gradient ratio falls with the threshold, and the threshold meets its target") {
  const auto components = fit_two_gaussians(two_clusters());
  const auto ce = [](double p) { return 1 / p; };
  const OgcTable table = ogc_table(ce, [](double p) { return clip_point(CrossEntropy{}, p); });
  const std::span<const OgcTable> tables(&table, 1);
  HostTeam team(2 * OgcTable::samples);
  GradientRatio<HostTeam, std::span<const OgcTable>> ratio(team, tables, components.data());
  double before = ratio(ce(1e-7));
  for (const double p : {1e-5, 1e-3, 0.1, 0.3, 0.6, 0.9, 1 - 1e-7}) {
    const double next = ratio(ce(p));
    CHECK(next <= before);
    before = next;
  }
  CHECK(before == doctest::Approx(1).epsilon(1e-3));  // every gradient is clipped to the same
  const auto threshold = [&](double target) { return table.threshold[ratio.find(target)]; };
  const double p = threshold(3);
  CHECK(ratio(ce(p)) <= 3);
  CHECK(ratio(ce(p - 1.0 / 1024)) > 3);
  CHECK(threshold(1e9) == 1e-7);
  CHECK(threshold(0.5) == 1 - 1e-7);
}

TEST_CASE("a clipped loss is the loss above P and a line of slope τ below") {
  const ClippedLoss<CrossEntropy> ce(CrossEntropy{}, clip_point(CrossEntropy{}, 0.2));
  CHECK(ce.tau == doctest::Approx(5));
  const auto at = [](double p) { return Probability<double>{p, 1 - p, std::log(p), std::log1p(-p)}; };
  CHECK(ce.value(at(0.5)) == doctest::Approx(-std::log(0.5)));
  CHECK(ce.value(at(0.1)) == doctest::Approx(1 - 5 * 0.1 + std::log(5)));
  CHECK(dp(ce, at(0.1)) == doctest::Approx(-5));
  CHECK(ce.value(at(0.2 - 1e-9)) == doctest::Approx(ce.value(at(0.2 + 1e-9))));  // τP = 1
  const GeneralizedCrossEntropy unclipped{0.7};
  const ClippedLoss<GeneralizedCrossEntropy> gce(unclipped, clip_point(unclipped, 0.2));
  CHECK(gce.tau == doctest::Approx(std::pow(0.2, -0.3)));
  CHECK(gce.value(at(0.1)) == doctest::Approx(1 - gce.tau * 0.1 + (1 - std::pow(0.2, 0.7)) / 0.7));
}

TEST_CASE("OGC follows the published trace") {
  std::ifstream file(std::string(NOISEGATE_TEST_DATA) + "/ogc.json");
  const auto data = nlohmann::json::parse(file);
  const auto scheme =
      make_scheme(Spec("ogc:epsilon=20,time-frame=4,queue=512", "--scheme"), Spec("ce", "--loss"));
  std::uint32_t t = 0;
  for (const auto& step : data["steps"]) {
    CAPTURE(t);
    std::vector<float> logits;
    for (const auto& row : step["logits"])
      for (const auto& value : row) logits.push_back(value.get<float>());
    const auto labels = step["labels"].get<std::vector<std::int32_t>>();
    const auto rows = static_cast<std::int64_t>(labels.size());
    const Variable loss =
        take_step(*scheme, {{Variable(Tensor::from(logits, {rows, 10}))}, Tensor::from(labels)},
                  {.learning_rate = step["lr"].get<double>(), .draw = t++});
    auto metrics = told(*scheme);
    CHECK(std::abs(metrics["prob_thr"] - step["prob_thr"].get<double>()) <= 1.0 / 1024);
    CHECK(metrics["mean_clean"] == doctest::Approx(step["mean_clean"].get<double>()).epsilon(1e-4));
    CHECK(metrics["mean_noisy"] == doctest::Approx(step["mean_noisy"].get<double>()).epsilon(1e-4));
    CHECK(loss.value().item() == doctest::Approx(step["loss"].get<double>()).epsilon(1e-4));
  }
  CHECK(t == 24);
}

TEST_CASE("OGC over fl and gce takes the steps of a plain implementation") {
  struct Curve {
    std::string name;
    std::function<double(double)> value, abs_dp;
  };
  const std::vector<Curve> curves = {
      {"fl", [](double p) { return -std::sqrt(1 - p) * std::log(p); },
       [](double p) { return std::sqrt(1 - p) / p - std::log(p) / (2 * std::sqrt(1 - p)); }},
      {"gce", [](double p) { return (1 - std::pow(p, 0.7)) / 0.7; },
       [](double p) { return std::pow(p, -0.3); }}};
  for (const Curve& curve : curves) {
    CAPTURE(curve.name);
    const auto scheme =
        make_scheme(Spec("ogc:epsilon=5,time-frame=2,queue=96", "--scheme"), Spec(curve.name, "--loss"));
    std::vector<float> queue;
    double threshold = 1e-7;
    int moves = 0;
    for (std::uint32_t t = 0; t < 12; ++t) {
      CAPTURE(t);
      TestBatch batch = irregular_batch(32, 5, 3);
      // The first half's labels become likely as time goes on.
      for (int i = 0; i < 32; ++i)
        batch.logits[i * 5 + batch.labels[i]] += (i < 16 ? 0.4 : -0.1) * t + std::cos(i + 0.7 * t);
      std::vector<double> p;
      for (int i = 0; i < 32; ++i) {
        double sum = 0;
        for (int k = 0; k < 5; ++k) sum += std::exp(batch.logits[i * 5 + k]);
        p.push_back(std::exp(batch.logits[i * 5 + batch.labels[i]]) / sum);
        queue.push_back(static_cast<float>(-std::log(p.back())));
      }
      if (queue.size() > 96) queue.erase(queue.begin(), queue.end() - 96);
      const double learning_rate = t < 6 ? 0.1 : 0.02;
      if (queue.size() == 96 && (t + 1) % 2 == 0) {
        threshold = plain_threshold(plain_fit(queue), curve.abs_dp, 1 + learning_rate * 5);
        ++moves;
      }
      const double tau = curve.abs_dp(threshold);
      double expected = 0;
      for (const double q : p)
        expected += (q > threshold ? curve.value(q) : 1 - tau * q + curve.value(threshold)) / 32;
      const std::vector<float> logits(batch.logits.begin(), batch.logits.end());
      const Variable loss =
          take_step(*scheme, {{Variable(Tensor::from(logits, {32, 5}))}, Tensor::from(batch.labels)},
                    {.learning_rate = learning_rate, .draw = t});
      auto metrics = told(*scheme);
      CHECK(std::abs(metrics["prob_thr"] - threshold) <= 2.0 / 1024);
      if (std::abs(metrics["prob_thr"] - threshold) < 1e-9)
        CHECK(loss.value().item() == doctest::Approx(expected).epsilon(1e-4));
    }
    CHECK(moves == 5);
    CHECK(threshold > 1e-7);
    CHECK(threshold < 1 - 1e-7);
  }
}

TEST_CASE("OGC scales epsilon by the learning rate unless told not to") {
  const TestBatch batch = irregular_batch(64, 10, 4);
  const std::vector<float> numbers(batch.logits.begin(), batch.logits.end());
  const auto threshold = [&](const std::string& spec, double learning_rate) {
    const auto scheme = make_scheme(Spec(spec, "--scheme"), Spec("fl", "--loss"));
    take_step(*scheme, {{Variable(Tensor::from(numbers, {64, 10}))}, Tensor::from(batch.labels)},
              {.learning_rate = learning_rate});
    return told(*scheme)["prob_thr"];
  };
  const std::string spec = "ogc:epsilon=2,time-frame=1,queue=64";
  CHECK(threshold(spec, 1) == threshold(spec + ",lr-scaled=0", 0.01));
  CHECK(threshold(spec, 0.1) == threshold("ogc:epsilon=0.2,time-frame=1,queue=64", 1));
  CHECK(threshold(spec, 0.1) > threshold(spec, 1));
  CHECK(threshold("ogc:epsilon=2,time-frame=2,queue=64", 1) == 1e-7);  // not its step yet
  CHECK(threshold("ogc:epsilon=2,time-frame=1,queue=65", 1) == 1e-7);  // not full yet
}

TEST_CASE("its rivals clip at a fixed, a falling and an averaged threshold") {
  const Variable logits(Tensor::from(std::vector<float>{0, 0, 0, 0}, {1, 4}));
  const Tensor labels = Tensor::from(std::vector<std::int32_t>{0});
  const auto make = [](const std::string& spec) {
    return make_scheme(Spec(spec, "--scheme"), Spec("ce", "--loss"));
  };
  const auto fixed = make("fixed-clip:tau=2");
  CHECK(take_step(*fixed, {{logits}, labels}).value().item() == doctest::Approx(1 - 2 * 0.25 + std::log(2)));
  CHECK(told(*fixed)["prob_thr"] == doctest::Approx(0.5));
  const auto linear = make("linear-clip:beta=8");
  take_step(*linear, {{logits}, labels}, {.progress = 0.75});
  CHECK(told(*linear)["tau"] == doctest::Approx(2));
  const auto ema = make("ema-clip:alpha=0.5");
  take_step(*ema, {{logits}, labels});
  CHECK(1 / told(*ema)["tau"] == doctest::Approx(0.5 + 0.5e-7));
  take_step(*ema, {{logits}, labels});
  CHECK(1 / told(*ema)["tau"] == doctest::Approx(0.75 + 0.25e-7));
}

TEST_CASE("below a τ of 1, which no cross entropy falls to, the gradient is still τ's") {
  // P stays at its end, 1 − 1e-7: every sample has 1 − τ·p + ℓ(P), of gradient −τ·p_y·(δ_iy − p_i).
  struct Case {
    std::string scheme, loss;
    double progress, tau;
  };
  const double p_end = 1 - 1e-7;
  for (const Case& a_case :
       {Case{"fixed-clip:tau=0.5", "ce", 0, 0.5}, Case{"fixed-clip:tau=0.1", "gce", 0, 0.1},
        Case{"linear-clip:beta=8", "ce", 0.975, 0.2}, Case{"linear-clip:beta=0.6", "gce", 0.5, 0.3}}) {
    CAPTURE(a_case.scheme);
    const double at_end = a_case.loss == "ce" ? -std::log(p_end) : (1 - std::pow(p_end, 0.7)) / 0.7;
    const TestBatch batch = irregular_batch(12, 5, 3);
    const std::vector<float> numbers(batch.logits.begin(), batch.logits.end());
    const Variable logits(Tensor::from(numbers, {12, 5}), true);
    const auto scheme = make_scheme(Spec(a_case.scheme, "--scheme"), Spec(a_case.loss, "--loss"));
    const Variable loss =
        take_step(*scheme, {{logits}, Tensor::from(batch.labels)}, {.progress = a_case.progress});
    backward(loss);
    const std::vector<float> gradient = logits.grad().to_vector<float>();
    double expected = 0;
    for (int n = 0; n < 12; ++n) {
      double sum = 0;
      for (int k = 0; k < 5; ++k) sum += std::exp(batch.logits[n * 5 + k]);
      const auto p = [&](int k) { return std::exp(batch.logits[n * 5 + k]) / sum; };
      const int y = batch.labels[n];
      expected += (1 - a_case.tau * p(y) + at_end) / 12;
      for (int k = 0; k < 5; ++k)
        CHECK(std::abs(gradient[n * 5 + k] + a_case.tau * p(y) * ((k == y) - p(k)) / 12) <= 1e-7);
    }
    CHECK(loss.value().item() == doctest::Approx(expected).epsilon(1e-5));
    CHECK(told(*scheme)["tau"] == doctest::Approx(a_case.tau));
    const double rare = -2, p_rare = 1 / (1 + std::exp(2.0));
    CHECK(curve_of(*scheme)(rare, 5).weight == doctest::Approx(a_case.tau * p_rare * (1 - p_rare)));
  }
}

TEST_CASE("a scheme tells the sample weights of its last step") {
  const auto make = [](const std::string& scheme, const std::string& loss) {
    return make_scheme(Spec(scheme, "--scheme"), Spec(loss, "--loss"));
  };
  const auto plain = make("none", "mae");
  const double rare = -2, common = 2;                                     // margins, p = 0.119 and 0.881
  CHECK(curve_of(*plain)(rare, 4).weight == doctest::Approx(0.1049936));  // p (1 - p)
  CHECK_FALSE(make("none", "nce")->curve({}));
  CHECK_FALSE(make("none", "nce+mae")->curve({}));

  const Variable logits(Tensor::from(std::vector<float>{0, 0, 0, 0}, {1, 4}));
  const auto clipped = make("fixed-clip:tau=2", "ce");
  take_step(*clipped, {{logits}, Tensor::from(std::vector<std::int32_t>{0})});
  CHECK(curve_of(*clipped)(rare, 4).weight == doctest::Approx(2 * 0.1049936));  // tau p (1 - p)
  CHECK(curve_of(*clipped)(common, 4).weight == doctest::Approx(0.1192029));    // 1 - p
}

TEST_CASE("a scheme's own loss wins, and what makes no sense is refused") {
  const auto refused = [](const std::string& scheme, const std::string& loss,
                          const std::vector<std::string>& parts) {
    check_error([&] { make_scheme(Spec(scheme, "--scheme"), Spec(loss, "--loss")); }, parts);
  };
  CHECK_NOTHROW(make_scheme(Spec("ogc:loss=gce", "--scheme"), Spec("nce", "--loss")));
  refused("ogc", "nce", {"--loss", "nce", "probability alone"});
  refused("ogc", "ce+mae", {"ce+mae"});
  refused("ogc", "gjs", {"gjs"});
  refused("ogc", "gce:shift=1", {"shift"});
  refused("ogc:loss=nce", "ce", {"--scheme's loss", "nce"});
  refused("ogc:eps=1", "ce", {"eps", "epsilon"});
  refused("ogc:queue=1", "ce", {"queue"});
  refused("fixed-clip:tau=0", "ce", {"tau"});
  refused("ogd", "ce", {"--scheme", "ogd", "ogc"});
}
