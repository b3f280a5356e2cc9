// What is read off logits, against values worked out by hand.
#include "engine/io/npy.h"
#include "noise/noise.h"
#include "tests/temporary_folder.h"
#include "tools/train/evaluation.h"

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {
namespace {

Predictions predictions_of(int classes, const std::vector<float>& logits) {
  return {classes, logits, std::vector(logits.size() / classes, true), {}};
}

/// A row of two logits whose first class has this probability.
std::vector<float> with_probability(double p) {
  return {static_cast<float>(std::log(p / (1 - p))), 0};
}

}  // namespace

TEST_CASE("softmax, prediction and margin of a row") {
  const std::vector<float> row = {std::log(1.0f), std::log(2.0f), std::log(5.0f)};
  const std::vector<double> p = softmax(row);
  CHECK(p[0] == doctest::Approx(0.125));
  CHECK(p[2] == doctest::Approx(0.625));
  CHECK(predicted_class(row) == 2);
  // The margin is the log odds: p / (1 − p) = 5/3.
  CHECK(score(row, 2).margin == doctest::Approx(std::log(5.0 / 3)));
  CHECK(score(row, 0).margin == doctest::Approx(std::log(1.0 / 7)));

  const std::vector<float> huge = {1e4f, 1e4f, -1e4f};
  CHECK(softmax(huge)[0] == doctest::Approx(0.5));
  CHECK(predicted_class(huge) == 0);
  CHECK(score(huge, 2).margin == doctest::Approx(-2e4 - std::log(2.0)));
}

TEST_CASE("an evaluation counts hits, the top five, and who is taken for whom") {
  // Class 6 is predicted everywhere. Classes 0 and 1 tie for the fifth place, which goes to the first of
  // them.
  const std::vector<float> row = {1, 1, 2, 3, 4, 0, 5};
  std::vector<float> logits;
  for (int i = 0; i < 4; ++i) logits.insert(logits.end(), row.begin(), row.end());
  const std::vector<std::int32_t> labels = {6, 0, 1, no_class};
  const Evaluation result = evaluate(predictions_of(7, logits), labels);
  CHECK(result.all.samples == 3);
  CHECK(result.all.correct == 1);
  CHECK(result.in_top_five == 2);
  CHECK(result.by_class[6].accuracy() == 1);
  CHECK(result.by_class[1].samples == 1);
  CHECK(result.confusion[6 * 7 + 6] == 1);
  CHECK(result.confusion[0 * 7 + 6] == 1);
  CHECK(result.confusion[1 * 7 + 6] == 1);
}

TEST_CASE("the calibration error weighs each bin's gap by its samples") {
  // Three samples of confidence 0.9, one of them right; one of 0.6, right.
  std::vector<float> logits;
  for (const double p : {0.9, 0.9, 0.9, 0.6})
    for (const float logit : with_probability(p)) logits.push_back(logit);
  const Evaluation result = evaluate(predictions_of(2, logits), std::vector<std::int32_t>{0, 1, 1, 0});
  CHECK(result.calibration.expected_error() ==
        doctest::Approx(0.75 * (0.9 - 1.0 / 3) + 0.25 * (1 - 0.6)).epsilon(1e-6));

  Calibration edges;
  edges.add(1, true);
  edges.add(14.0 / 15, true);  // the upper edge belongs to the bin below it
  CHECK(edges.bins()[14].samples == 1);
  CHECK(edges.bins()[13].samples == 1);
}

TEST_CASE("images that were left out count nowhere, and their rows say so on the disk") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  Predictions predictions = predictions_of(2, {1, 0, nan, nan, 0, 1});
  predictions.is_read[1] = false;
  const Evaluation result = evaluate(predictions, std::vector<std::int32_t>{0, 0, 0});
  CHECK(result.all.samples == 2);
  CHECK(result.all.correct == 1);

  const TemporaryFolder folder;
  save_probabilities(folder.path() / "p.npy", predictions);
  const auto rows = load_numpy<float>(folder.path() / "p.npy");
  CHECK(rows.shape == std::vector<std::int64_t>{3, 2});
  CHECK(rows.values[0] + rows.values[1] == doctest::Approx(1));
  CHECK(std::isnan(rows.values[2]));
}

}  // namespace noisegate
