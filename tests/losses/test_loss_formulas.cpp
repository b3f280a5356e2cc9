// Every loss in double: gradients against finite differences, limits, symmetry, bounds, weights; and float
// against double.
#include "losses/functions/row/transition_matrix.h"
#include "losses/parts.h"
#include "tests/loss_batch.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace noisegate;

namespace {

double largest(const std::vector<double>& values) {
  double result = 0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

/// Central differences of the sum of the samples' losses; every logit belongs to one sample.
void check_gradient(const std::string& spec, const TestBatch& batch) {
  CAPTURE(spec);
  CAPTURE(batch.classes);
  const auto loss = loss_of(spec, batch.classes);
  const std::vector<double> gradient = in_double(*loss, batch).gradient;
  constexpr double step = 1e-5;
  const auto sum_with = [&](std::size_t i, double shift) {
    TestBatch moved = batch;
    moved.logits[i] += shift;
    std::vector<double> values(batch.labels.size());
    loss->compute(moved.batch(), moved.logits.data(), values.data(), nullptr);
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  };
  const std::size_t every = std::max<std::size_t>(1, batch.logits.size() / 60);
  for (std::size_t i = 0; i < batch.logits.size(); i += every) {
    const double difference = (sum_with(i, step) - sum_with(i, -step)) / (2 * step);
    CHECK(std::abs(gradient[i] - difference) <= 1e-6 * largest(gradient) + 3e-8);
  }
}

/// Σ over all labels of the loss of one row of logits.
std::vector<double> over_labels(const std::string& spec, const std::vector<double>& row) {
  TestBatch batch{{}, {}, static_cast<int>(row.size())};
  for (int label = 0; label < batch.classes; ++label) {
    batch.logits.insert(batch.logits.end(), row.begin(), row.end());
    batch.labels.push_back(label);
  }
  return in_double(*loss_of(spec), batch).values;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

void check_same(const std::string& a, const std::string& b, double tolerance) {
  CAPTURE(a);
  CAPTURE(b);
  for (const int classes : {2, 5}) {
    const TestBatch batch = irregular_batch(12, classes, 2.5);
    const LossOutcome first = in_double(*loss_of(a, classes), batch);
    const LossOutcome second = in_double(*loss_of(b, classes), batch);
    for (std::size_t i = 0; i < first.values.size(); ++i)
      CHECK(first.values[i] == doctest::Approx(second.values[i]).epsilon(tolerance));
    for (std::size_t i = 0; i < first.gradient.size(); ++i)
      CHECK(std::abs(first.gradient[i] - second.gradient[i]) <= tolerance * largest(first.gradient));
  }
}

const std::vector<std::vector<double>> rows = {{0.3, -1.2, 2.5, 0.0, -0.7},
                                               {5, -5, 1, 0, 2},
                                               {0, 0},
                                               {-30, 30, 0},
                                               {3, 2, 1, 0, -1, -2, -3, -4, -5, -6}};

}  // namespace

TEST_CASE("gradients agree with finite differences in double") {
  std::vector<std::string> specs = every_loss();
  specs.insert(specs.end(), {"gce:1e-3",
                             "gce:1",
                             "fl:gamma=0",
                             "fl:gamma=2",
                             "mae:scale=2",
                             "truncated-gce:q=0.3,k=0.2",
                             "sce:alpha=6,beta=0.1",
                             "phuber-ce:tau=1",
                             "phuber-ce:tau=30",
                             "taylor-ce:t=1",
                             "taylor-ce:t=6",
                             "aul:a=1.1,q=3",
                             "agce:a=1.8,q=3",
                             "agce:a=3,q=0.5",
                             "ael:a=0.5",
                             "js:0.01",
                             "js:0.9",
                             "ngce:0.1",
                             "ls:-0.4",
                             "ls:1",
                             "bs:0",
                             "cr:lambda=2",
                             "peer:lambda=0.5",
                             "lc-ce:tau=0.1,delta=2",
                             "lc-ce:tau=100",
                             "gjs:0.8",
                             "mae:shift=1.5",
                             "gce:scale-margin=0.4,shift=-1",
                             "mae:tau=2.6",
                             "agce:tau=3,tau-shifts=1,unit-weight=1",
                             "phuber-ce:tau=5,margin-tau=2",
                             "ce+forward:alpha=0.5,beta=2",
                             "nce+agce:alpha=10,beta=0.1,a=1.8,q=3",
                             "lc-ce+mse:beta=3,tau=1"});
  for (const std::string& spec : specs) {
    // These hold part of the gradient back on purpose; their formula is checked below.
    if (spec == "nnfl" || spec == "nfl+nnfl") continue;
    const int views = spec.starts_with("gjs") ? 2 : 1;
    for (const int classes : {2, 5, 17}) check_gradient(spec, irregular_batch(6, classes, 2, views));
    check_gradient(spec, irregular_batch(2, 1000, 2, views));
  }
  check_gradient("nnfl:detach=0", irregular_batch(6, 5, 2));
}

TEST_CASE("float agrees with double for every loss") {
  for (const std::string& spec : every_loss())
    for (const int classes : {2, 10, 37, 1000}) {
      CAPTURE(spec);
      CAPTURE(classes);
      const auto loss = loss_of(spec, classes);
      const TestBatch batch = irregular_batch(20, classes, 3, loss->views());
      const LossOutcome single = in_float(*loss, batch), exact = in_double(*loss, batch);
      for (std::size_t i = 0; i < exact.values.size(); ++i)
        CHECK(single.values[i] == doctest::Approx(exact.values[i]).epsilon(3e-6).scale(1));
      for (std::size_t i = 0; i < exact.gradient.size(); ++i)
        CHECK(std::abs(single.gradient[i] - exact.gradient[i]) <= 3e-6 * largest(exact.gradient));
    }
}

TEST_CASE("in float32 a loss is finite wherever its parameters can be") {
  const auto end_of = [](const Range& range, bool high) {
    if (high) return range.high;
    return range.with_low ? range.low : std::nextafter(range.low, range.high);
  };
  for (LossInfo info : list_losses()) {
    std::erase_if(info.parameters, [](const Parameter& parameter) { return parameter.is_text(); });
    for (unsigned corner = 0; corner < 1u << info.parameters.size(); ++corner) {
      std::string spec = info.name;
      for (std::size_t i = 0; i < info.parameters.size(); ++i)
        spec += fmt::format("{}{}={}", i == 0 ? ':' : ',', info.parameters[i].key,
                            end_of(info.parameters[i].range, (corner >> i & 1) != 0));
      const auto loss = loss_of(spec, 10);
      for (const double scale : {0.1, 3.0, 100.0}) {
        CAPTURE(spec);
        CAPTURE(scale);
        const LossOutcome outcome = in_float(*loss, irregular_batch(20, 10, scale, loss->views()));
        const auto is_finite = [](double value) { return std::isfinite(value); };
        CHECK(std::ranges::all_of(outcome.values, is_finite));
        CHECK(std::ranges::all_of(outcome.gradient, is_finite));
      }
    }
  }
}

TEST_CASE("limits and identities") {
  check_same("gce:1e-7", "ce", 1e-5);
  check_same("gce:1", "mae", 1e-12);
  check_same("phuber-ce:tau=1", "mae", 1e-12);
  check_same("phuber-ce:tau=1e7", "ce", 1e-12);
  check_same("fl:gamma=0", "ce", 1e-12);
  check_same("taylor-ce:t=1", "mae", 1e-12);
  check_same("aul:q=1", "mae", 1e-12);
  check_same("agce:q=1", "mae", 1e-12);
  check_same("truncated-gce:k=1e-9", "gce", 1e-12);
  check_same("js:0.001", "ce", 5e-2);
  check_same("js:0.999", "mae", 0.2);  // as 1/log(1 − π)
  check_same("sce", "ce+rce:alpha=0.1,beta=1", 1e-12);
  check_same("ngce:1e-7", "nce", 1e-5);
  check_same("nfl:gamma=0", "nce", 1e-12);
  check_same("nnfl:gamma=0", "nnce", 1e-12);
  check_same("ls:0", "ce", 1e-12);
  check_same("bs:1", "ce", 1e-12);
  check_same("cr:0", "ce", 1e-12);
  check_same("peer:0", "ce", 1e-12);
  check_same("lc-ce:tau=1e6", "ce", 1e-12);
  check_same("gce:shift=0,scale-margin=1", "gce", 1e-12);
  check_same("nce+gce:gce.q=0.3", "nce+gce:q=0.3", 1e-12);
  check_same("nce+sce:sce.alpha=6,sce.beta=0.1", "nce+sce:alpha=1,sce.alpha=6,sce.beta=0.1", 1e-12);
}

TEST_CASE("corrections: the identity changes nothing, backward is unbiased") {
  const std::vector<double> identity{1, 0, 0, 0, 1, 0, 0, 0, 1};
  const TestBatch batch = irregular_batch(9, 3, 2);
  const LossOutcome ce = in_double(*loss_of("ce"), batch);
  for (const char* name : {"forward", "backward"}) {
    const LossOutcome corrected = in_double(*make_loss(Spec(name, "--loss"), {{}, identity}), batch);
    for (int i = 0; i < 9; ++i) CHECK(corrected.values[i] == doctest::Approx(ce.values[i]));
  }
  // E over given labels of the corrected loss is the loss of the true label (Patrini et al. 2017).
  const std::vector<double> row{0.4, -1, 2}, transition = uneven_transition(3);
  TestBatch given{{}, {0, 1, 2}, 3};
  for (int i = 0; i < 3; ++i) given.logits.insert(given.logits.end(), row.begin(), row.end());
  const LossOutcome backward = in_double(*loss_of("backward", 3), given);
  const LossOutcome plain = in_double(*loss_of("ce"), given);
  for (int truth = 0; truth < 3; ++truth) {
    double expected = 0;
    for (int j = 0; j < 3; ++j) expected += transition[truth * 3 + j] * backward.values[j];
    CHECK(expected == doctest::Approx(plain.values[truth]));
  }
  const std::vector<double> inverse = inverse_of(transition, "T");
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      double product = 0;
      for (int k = 0; k < 3; ++k) product += transition[i * 3 + k] * inverse[k * 3 + j];
      CHECK(product == doctest::Approx(i == j ? 1 : 0).scale(1));
    }
}

TEST_CASE("formulas by plain loops") {
  const TestBatch batch = irregular_batch(8, 6, 2, 2);
  const auto probabilities = [&](int row) {
    std::vector<double> p(6);
    double total = 0;
    for (int i = 0; i < 6; ++i) total += p[i] = std::exp(batch.logits[row * 6 + i]);
    for (double& x : p) x /= total;
    return p;
  };
  const auto values = [&](const std::string& spec) { return in_double(*loss_of(spec, 6), batch).values; };
  const auto nce = values("nce"), nfl = values("nfl"), ngce = values("ngce"), nnce = values("nnce"),
             nnfl = values("nnfl"), mse = values("mse"), ls = values("ls"), negative_ls = values("ls:-0.3"),
             bs = values("bs"), forward = values("forward"), lc = values("lc-ce"),
             lc_of_code = values("lc-ce:tau=1.5,delta=0.6666666666666666"), gjs = values("gjs"),
             js = values("js"), cr = values("cr");
  const std::vector<double> transition = uneven_transition(6);
  for (int n = 0; n < 8; ++n) {
    const std::vector<double> p = probabilities(n), second = probabilities(n + 8);
    const int y = batch.labels[n];
    const double a = -std::log(1e-7), b = std::sqrt(1 - 1e-7) * a;
    double logs = 0, focal = 0, powers = 0, squares = 0, entropy = 0, mixed = 0, prior = 0, norm = 0;
    const auto fl = [&](int i) { return -std::sqrt(1 - p[i]) * std::log(p[i]); };
    for (int i = 0; i < 6; ++i) {
      logs += std::log(p[i]);
      focal += fl(i);
      powers += std::pow(p[i], 0.7);
      squares += std::pow((i == y ? 1 : 0) - p[i], 2);
      entropy -= p[i] * std::log(p[i]);
      mixed += transition[i * 6 + y] * p[i];
      prior += std::log(p[i]) * uneven_shares(6)[i];
      norm += batch.logits[n * 6 + i] * batch.logits[n * 6 + i];
    }
    CHECK(nce[n] == doctest::Approx(std::log(p[y]) / logs));
    CHECK(nfl[n] == doctest::Approx(fl(y) / focal));
    CHECK(ngce[n] == doctest::Approx((1 - std::pow(p[y], 0.7)) / (6 - powers)));
    CHECK(nnce[n] == doctest::Approx(1 - (a + std::log(p[y])) / (6 * a + logs)));
    CHECK(nnfl[n] == doctest::Approx(1 - (b - fl(y)) / (6 * b - focal)));
    CHECK(mse[n] == doctest::Approx(squares));
    CHECK(bs[n] == doctest::Approx(-0.8 * std::log(p[y]) + 0.2 * entropy));
    CHECK(forward[n] == doctest::Approx(-std::log(mixed)));
    CHECK(cr[n] == doctest::Approx(-std::log(p[y]) + prior));
    double smoothed = 0, negative = 0;
    for (int i = 0; i < 6; ++i) {
      const double t = (i == y ? 0.8 : 0) + 0.2 / 6, u = (i == y ? 1.3 : 0) - 0.3 / 6;
      smoothed += t * (std::log(t) - std::log(p[i]));
      negative += (u > 0 ? u * std::log(u) : 0) - u * std::log(p[i]);
    }
    CHECK(ls[n] == doctest::Approx(smoothed));
    CHECK(negative_ls[n] == doctest::Approx(negative));
    for (const auto& [given, delta] : {std::pair(lc, 1.5), std::pair(lc_of_code, 1 / 1.5)}) {
      const double scale = std::sqrt(norm) > 1.5 ? delta / std::sqrt(norm) : 1;
      double clipped = 0;
      for (int i = 0; i < 6; ++i) clipped += std::exp(scale * batch.logits[n * 6 + i]);
      CHECK(given[n] == doctest::Approx(std::log(clipped) - scale * batch.logits[n * 6 + y]).epsilon(1e-6));
    }
    double one = 0, two = 0;
    for (int i = 0; i < 6; ++i) {
      const double e = i == y ? 1 : 0, m = 0.3 * e + 0.7 * p[i], both = 0.3 * e + 0.35 * (p[i] + second[i]);
      one += (i == y ? 0.3 * std::log(1 / m) : 0) + 0.7 * p[i] * std::log(p[i] / m);
      two += (i == y ? 0.3 * std::log(1 / both) : 0) + 0.35 * p[i] * std::log(p[i] / both) +
             0.35 * second[i] * std::log(second[i] / both);
    }
    const double z = -1 / (0.7 * std::log(0.7));
    CHECK(js[n] == doctest::Approx(z * one));
    CHECK(gjs[n] == doctest::Approx(z * two));
  }
}

TEST_CASE("detached focal losses hold their power of 1 − p constant in the gradient") {
  const TestBatch batch = irregular_batch(4, 3, 2);
  const LossOutcome detached = in_double(*loss_of("fl:gamma=2,detach=1"), batch);
  const LossOutcome ce = in_double(*loss_of("ce"), batch), full = in_double(*loss_of("fl:gamma=2"), batch);
  for (int n = 0; n < 4; ++n) {
    CHECK(detached.values[n] == full.values[n]);
    const double focus = detached.values[n] / ce.values[n];
    for (int i = 0; i < 3; ++i)
      CHECK(detached.gradient[n * 3 + i] == doctest::Approx(focus * ce.gradient[n * 3 + i]));
  }
}

TEST_CASE("symmetric losses sum to a constant over the classes") {
  for (const std::vector<double>& row : rows) {
    const auto k = static_cast<double>(row.size());
    CHECK(sum(over_labels("mae", row)) == doctest::Approx(k - 1));
    CHECK(sum(over_labels("rce", row)) == doctest::Approx(-std::log(1e-4) * (k - 1)));
    for (const char* spec : {"nce", "nfl", "ngce"}) CHECK(sum(over_labels(spec, row)) == doctest::Approx(1));
    for (const char* spec : {"nnce", "nnfl"}) CHECK(sum(over_labels(spec, row)) == doctest::Approx(k - 1));
    CHECK(sum(over_labels("nce+rce", row)) == doctest::Approx(1 - std::log(1e-4) * (k - 1)));
  }
  CHECK(sum(over_labels("ce", rows[0])) != doctest::Approx(sum(over_labels("ce", {5, -5, 1, 0, 2}))));
}

TEST_CASE("clipped cross entropy is bounded as OGC's Proposition 1 says") {
  // 1 − p ≤ ℓ ≤ (1 − p)(1 + log τ), and so is the sum over all classes (Eq. 14 and 15).
  for (const double tau : {1.0, 2.0, 10.0, 1000.0})
    for (const std::vector<double>& row : rows) {
      const auto clipped = over_labels(fmt::format("phuber-ce:tau={}", tau), row);
      const auto one_minus_p = over_labels("mae", row);
      const double factor = 1 + std::log(tau), rounding = 1e-12;
      for (std::size_t i = 0; i < row.size(); ++i) {
        CHECK(clipped[i] >= one_minus_p[i] - rounding);
        CHECK(clipped[i] <= one_minus_p[i] * factor + rounding);
      }
      CHECK(sum(clipped) >= static_cast<double>(row.size() - 1) - rounding);
      CHECK(sum(clipped) <= static_cast<double>(row.size() - 1) * factor + rounding);
    }
}

TEST_CASE("the weight of a loss of p_y is half its gradient's L1 norm, and −ℓ'(p)·p·(1−p)") {
  const TestBatch batch = irregular_batch(15, 7, 3);
  std::vector<std::string> specs{"gce:shift=1", "mae:tau=2.6", "agce:tau=3,tau-shifts=1,unit-weight=1",
                                 "ce+mae"};
  for (const LossInfo& info : list_losses())
    if (info.is_py) specs.push_back(info.name);
  for (const std::string& spec : specs) {
    CAPTURE(spec);
    const auto loss = loss_of(spec);
    REQUIRE(loss->curve().has_value());
    const MarginCurve curve = *loss->curve();
    const LossOutcome outcome = in_double(*loss, batch);
    for (int n = 0; n < 15; ++n) {
      double norm = 0, others = 0;
      for (int i = 0; i < 7; ++i) norm += std::abs(outcome.gradient[n * 7 + i]);
      for (int i = 0; i < 7; ++i)
        if (i != batch.labels[n]) others += std::exp(batch.logits[n * 7 + i]);
      const double margin = batch.logits[n * 7 + batch.labels[n]] - std::log(others);
      CHECK(norm / 2 == doctest::Approx(curve(margin, 7).weight).scale(1e-9));
      CHECK(outcome.values[n] == doctest::Approx(curve(margin, 7).value));
    }
  }
  for (const LossInfo& info : list_losses())
    CHECK_MESSAGE(loss_of(info.name, 7)->curve().has_value() == info.is_py, info.name);

  const auto y = Probability<double>::of_margin(0.8);
  for (const double q : {0.2, 0.7})
    CHECK(dp(GeneralizedCrossEntropy{q}, y) == doctest::Approx(-std::pow(y.p, q - 1)));
  CHECK(dp(PartiallyHuberisedCrossEntropy{10}, Probability<double>::of_margin(-5)) == doctest::Approx(-10));
  CHECK(weight(AsymmetricUnhingedLoss{2, 3}, y) ==
        doctest::Approx(y.p * y.complement * std::pow(2 - y.p, 2)));
}

TEST_CASE("the knobs: tau puts the initial margin to −τ, unit-weight the largest weight to 1") {
  // |E Δ| is 5.097 for CIFAR-100 and 2.717 for CIFAR-10 (Ou et al., Table 9), by their simulation; Eq. 4:
  CHECK(expected_initial_margin(100) == doctest::Approx(-5.09).epsilon(0.01));
  CHECK(expected_initial_margin(10) == doctest::Approx(-2.60).epsilon(0.01));
  const double start = expected_initial_margin(100);
  const MarginCurve plain = *loss_of("mae")->curve();
  for (const char* spec : {"mae:tau=2.6", "mae:tau=2.6,tau-shifts=1"})
    CHECK((*loss_of(spec)->curve())(start, 100).value == doctest::Approx(plain(-2.6, 100).value));
  for (const char* spec : {"ce:unit-weight=1", "mae:unit-weight=1,tau=2", "fl:gamma=2,unit-weight=1",
                           "agce:a=1.8,q=3,unit-weight=1,shift=3"}) {
    double highest = 0;
    for (double margin = -60; margin < 60; margin += 0.01)
      highest = std::max(highest, (*loss_of(spec)->curve())(margin, 100).weight);
    CHECK(highest == doctest::Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("sums have the published defaults, and the l1 that they are given") {
  check_same("nce+ael", "nce+ael:alpha=1,beta=4,a=5", 1e-12);
  check_same("nce+nnce", "nce+nnce:alpha=5,beta=5", 1e-12);
  check_same("rce+nce:alpha=2,beta=3", "nce+rce:alpha=3,beta=2", 1e-12);
  for (const char* sum : {"nce+nnce", "nfl+nnfl"}) CHECK(loss_of(sum)->l1_penalty() == 0);
  CHECK(loss_of("nce+nnce:l1=5e-5")->l1_penalty() == 5e-5);
  CHECK(loss_of("ce+mae")->l1_penalty() == 0);
}

TEST_CASE("peer loss draws afresh each step, the same for the same seed and step") {
  const TestBatch batch = irregular_batch(64, 10, 2);
  const auto loss = loss_of("peer");
  const auto values = [&](std::uint64_t seed, std::uint32_t step) {
    std::vector<double> result(64);
    loss->compute({batch.labels, 10, seed, step}, batch.logits.data(), result.data(), nullptr);
    return result;
  };
  CHECK(values(1, 5) == values(1, 5));
  CHECK(values(1, 5) != values(1, 6));
  CHECK(values(1, 5) != values(2, 5));
}
