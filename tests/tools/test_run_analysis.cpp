// What the report says of a run's samples, against examples worked out by hand, and its pictures as data.
#include "tools/analysis/run_analysis.h"
#include "tools/figures/data_uri.h"

#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {
namespace {

/// Five samples of two classes, all given class 0, from the largest margin to the smallest: both true, both
/// true, label alone, prediction alone, and one of no class, where nothing can be.
struct Example {
  ImageSet set;
  std::vector<Suspect> suspects;

  Example() {
    set.given = {0, 0, 0, 0, 0};
    set.truth = {0, 0, 0, 1, -1};
    const std::vector<float> logits = {3, 0, 1, 0, -1, 0, -2, 0, -3, 0};
    suspects = rank_suspects({2, logits, std::vector(5, true), {}}, nullptr, set.given);
  }
};

}  // namespace

TEST_CASE("samples are dissected in ascending order of loss") {
  const Example example;
  const Dissection pairs = dissect(example.suspects, example.set, 2);
  REQUIRE(pairs.intervals.size() == 3);
  CHECK(pairs.intervals[0].both_true == 2);
  CHECK(pairs.intervals[1].only_label_true == 1);
  CHECK(pairs.intervals[1].only_prediction_true == 1);
  CHECK(pairs.intervals[2].none_true == 1);  // the last interval is smaller
  CHECK(pairs.intervals[2].both_true == 0);
}

TEST_CASE("densities of right and wrong labels have each an area of 1") {
  const Example example;
  const ProbabilityDensity density = probability_density(example.suspects, example.set, 4);
  // p of the right labels: 0.95, 0.73, 0.27; of the wrong ones: 0.12, 0.05.
  const double third = 4.0 / 3;
  CHECK(density.clean == std::vector<double>{0, third, third, third});
  CHECK(density.noisy == std::vector<double>{4, 0, 0, 0});

  std::vector<Suspect> odd = example.suspects;
  for (Suspect& suspect : odd) suspect.probability = std::numeric_limits<double>::quiet_NaN();
  CHECK(probability_density(odd, example.set, 4).clean == std::vector<double>{4, 0, 0, 0});

  ImageSet clean = example.set;
  clean.truth = clean.given;
  CHECK(probability_density(example.suspects, clean, 4).noisy.empty());
}

TEST_CASE("bytes become base64, as in RFC 4648") {
  const auto base64 = [](std::string_view bytes) { return data_uri("text/plain", bytes).substr(23); };
  CHECK(data_uri("image/png", "") == "data:image/png;base64,");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

}  // namespace noisegate
