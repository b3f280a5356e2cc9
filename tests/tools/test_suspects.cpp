// The ranking of suspects and how it is judged, against an example worked out by hand.
#include "tools/analysis/suspects.h"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

namespace noisegate {
namespace {

/// Four samples of two classes, all given class 0, their margins 2, −3, 0 and −3; the second and the third
/// are of class 1.
const Predictions margins = {2, {2, 0, -3, 0, 0, 0, -3, 0}, {true, true, true, true}, {}};

ImageSet labelled() {
  ImageSet set;
  set.given = {0, 0, 0, 0};
  set.truth = {0, 1, 1, 0};
  return set;
}

}  // namespace

TEST_CASE("the smallest margin comes first, of equal ones the first sample") {
  const auto suspects = rank_suspects(margins, nullptr, labelled().given);
  REQUIRE(suspects.size() == 4);
  std::vector<std::int64_t> order;
  for (const Suspect& suspect : suspects) order.push_back(suspect.sample);
  CHECK(order == std::vector<std::int64_t>{1, 3, 2, 0});
  CHECK(suspects[0].predicted == 1);
  CHECK(suspects[0].margin == doctest::Approx(-3));
  CHECK(suspects[0].probability == doctest::Approx(1 / (1 + std::exp(3.0))));
  CHECK(suspects[0].loss == doctest::Approx(-std::log(suspects[0].probability)));
  CHECK_FALSE(suspects[0].second);
}

TEST_CASE("a loss stays finite where p is 0") {
  const Predictions sure = {2, {-2000, 2000}, {true}, {}};
  const auto suspects = rank_suspects(sure, nullptr, {0});
  CHECK(suspects[0].probability == 0);
  CHECK(suspects[0].loss == doctest::Approx(4000));
}

TEST_CASE("images that were left out are no suspects, and the second opinion is of the same sample") {
  Predictions some = margins;
  some.is_read[3] = false;
  const Predictions second = {2, {0, 1, 5, 0, 0, 1, 0, 0}, {true, true, true, false}, {}};
  const auto suspects = rank_suspects(some, &second, labelled().given);
  REQUIRE(suspects.size() == 3);
  CHECK(suspects[0].second->predicted == 0);
  CHECK(suspects[0].second->probability == doctest::Approx(1 / (1 + std::exp(-5.0))));
  CHECK(suspects[1].second->predicted == 1);
}

TEST_CASE("precision, recall and the chance of the right order") {
  const ImageSet set = labelled();
  CHECK(knows_wrong_labels(set));
  const auto suspects = rank_suspects(margins, nullptr, set.given);  // wrong, right, wrong, right
  const auto hits = count_hits(suspects, set, {1, 3, 100});
  CHECK(hits[0].precision == 1);
  CHECK(hits[0].recall == 0.5);
  CHECK(hits[1].precision == doctest::Approx(2.0 / 3));
  CHECK(hits[1].recall == 1);
  CHECK(hits[2].first == 4);
  CHECK(hits[2].precision == 0.5);
  CHECK(ranking_quality(suspects, set) == 0.75);  // of four pairs, one is the wrong way round

  ImageSet right = set;
  right.truth = right.given;
  CHECK_FALSE(ranking_quality(suspects, right).has_value());
  CHECK(count_hits(suspects, right, {1})[0].recall == 0);
}

}  // namespace noisegate
