#include "noise/noise.h"
#include "noise/transition.h"
#include "tests/check_error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

using namespace noisegate;
using Labels = std::vector<std::int32_t>;

namespace {

Labels noisy(const std::string& spec, const Labels& truth, int classes, std::uint64_t seed = 1) {
  return make_noise(Spec(spec, "--noise"), {.truth = truth, .classes = classes, .seed = seed}).given;
}

/// Class c has 100 + 7·c samples, the classes taking turns while they last.
Labels uneven_labels(int classes) {
  Labels labels;
  for (int round = 0; round < 100 + 7 * (classes - 1); ++round)
    for (int c = 0; c < classes; ++c)
      if (round < 100 + 7 * c) labels.push_back(c);
  return labels;
}

std::vector<int> flips_of_each_class(const Labels& truth, const Labels& given, int classes) {
  std::vector<int> flips(classes);
  for (std::size_t i = 0; i < truth.size(); ++i) flips[truth[i]] += truth[i] != given[i];
  return flips;
}

}  // namespace

TEST_CASE("no noise gives the true labels") {
  const Labels truth = uneven_labels(3);
  CHECK(noisy("none", truth, 3) == truth);
  CHECK(noise_rate(truth, truth) == 0);
}

TEST_CASE("symmetric noise flips exactly its share of each class") {
  const int classes = 10;
  const Labels truth = uneven_labels(classes);
  for (const double rate : {0.0, 0.2, 0.45, 1.0}) {
    const auto flips =
        flips_of_each_class(truth, noisy(fmt::format("symmetric:{}", rate), truth, classes), classes);
    for (int c = 0; c < classes; ++c) CHECK(flips[c] == std::lround(rate * (100 + 7 * c)));
  }
}

TEST_CASE("symmetric noise goes to the other classes alike") {
  const int classes = 5;
  Labels truth(50000);
  for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = static_cast<std::int32_t>(i % classes);
  const TransitionMatrix t(truth, noisy("symmetric:0.4", truth, classes), classes);
  for (int i = 0; i < classes; ++i)
    for (int j = 0; j < classes; ++j) {
      // Four standard deviations of a share of 4000 flips among 4 classes, over 10000 samples: 0.011.
      if (i == j)
        CHECK(t(i, j) == doctest::Approx(0.6));
      else
        CHECK(std::abs(t(i, j) - 0.1) < 0.011);
    }
}

TEST_CASE("inclusive symmetric noise may draw the true class again") {
  const int classes = 10;
  Labels truth(50000);
  for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = static_cast<std::int32_t>(i % classes);
  const double rate = noise_rate(truth, noisy("symmetric:0.4,inclusive=1", truth, classes));
  CHECK(std::abs(rate - 0.36) < 0.004);  // η(1 − 1/K), with four standard deviations
}

TEST_CASE("asymmetric noise follows its map") {
  const Labels truth = uneven_labels(10);
  const Labels given = noisy("asymmetric:0.4,map=cifar10", truth, 10);
  const TransitionMatrix t(truth, given, 10);
  const Labels mistaken_for = {0, 1, 0, 5, 7, 3, 6, 7, 8, 1};
  for (int i = 0; i < 10; ++i) {
    const double samples = 100 + 7 * i;
    const double flipped = i == mistaken_for[i] ? 0 : std::round(0.4 * samples) / samples;
    CHECK(t(i, i) == doctest::Approx(1 - flipped));
    if (i != mistaken_for[i]) CHECK(t(i, mistaken_for[i]) == doctest::Approx(flipped));
  }
}

TEST_CASE("asymmetric noise takes the map of its dataset, and others by name") {
  const auto mistaken_for = [](const std::string& spec, int classes, const std::string& dataset = "") {
    Labels truth(classes);
    std::iota(truth.begin(), truth.end(), 0);
    return make_noise(Spec(spec, "--noise"), {.truth = truth, .classes = classes, .dataset = dataset}).given;
  };
  const Labels cifar10 = {0, 1, 0, 5, 7, 3, 6, 7, 8, 1}, mnist = {0, 1, 7, 8, 4, 6, 5, 1, 8, 9},
               fashion_mnist = {0, 1, 6, 4, 3, 5, 6, 5, 8, 7};
  CHECK(mistaken_for("asymmetric:1", 10, "cifar10") == cifar10);
  CHECK(mistaken_for("asymmetric:1", 10, "mnist") == mnist);
  CHECK(mistaken_for("asymmetric:1", 10, "fashion-mnist") == fashion_mnist);
  CHECK(mistaken_for("asymmetric:1", 10, "synthetic") == Labels{1, 2, 3, 4, 5, 6, 7, 8, 9, 0});
  CHECK(mistaken_for("asymmetric:1,map=mnist", 10, "cifar10") == mnist);

  CHECK(mistaken_for("asymmetric:1", 3) == Labels{1, 2, 0});
  CHECK(mistaken_for("asymmetric:1,map=blocks", 10) == Labels{1, 2, 3, 4, 0, 6, 7, 8, 9, 5});
  CHECK(mistaken_for("asymmetric:1,map=blocks", 7) == Labels{1, 2, 3, 4, 0, 6, 5});  // the last has two

  const Labels circular = mistaken_for("asymmetric:1", 100, "cifar100");
  CHECK(circular[0] == 1);
  CHECK(circular[99] == 0);
  const Labels superclass = mistaken_for("asymmetric:1,map=superclass", 100, "cifar100");
  // aquatic mammals: beaver 4, dolphin 30, otter 55, seal 72, whale 95; people: baby 2, boy 11, girl 35,
  // man 46, woman 98.
  CHECK(superclass[4] == 30);
  CHECK(superclass[30] == 55);
  CHECK(superclass[95] == 4);
  CHECK(superclass[2] == 11);
  CHECK(superclass[98] == 2);
  Labels sorted = superclass;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 100; ++i) CHECK(sorted[i] == i);  // each class is another's mistake
  for (int i = 0; i < 100; ++i) {  // and five steps lead back, since a superclass has five classes
    int label = i;
    for (int step = 0; step < 5; ++step) label = superclass[label];
    CHECK(label == i);
  }
}

TEST_CASE("the same seed gives the same labels, on every machine") {
  Labels truth(20);
  for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = static_cast<std::int32_t>(i % 10);
  CHECK(noisy("symmetric:0.5", truth, 10, 7) ==
        Labels{0, 3, 2, 4, 3, 9, 6, 9, 8, 9, 3, 1, 8, 3, 4, 5, 8, 7, 3, 6});
  CHECK(noisy("symmetric:0.5,inclusive=1", truth, 10, 7) ==
        Labels{0, 2, 2, 3, 3, 9, 6, 9, 8, 9, 2, 1, 8, 3, 4, 5, 8, 7, 3, 7});
  CHECK(noisy("asymmetric:0.5,map=cifar10", truth, 10, 7) ==
        Labels{0, 1, 2, 5, 7, 3, 6, 7, 8, 9, 0, 1, 0, 3, 4, 5, 6, 7, 8, 1});
  CHECK(noisy("symmetric:0.5", truth, 10, 7) != noisy("symmetric:0.5", truth, 10, 8));
  // The high half of the seed counts too.
  CHECK(noisy("symmetric:0.5", truth, 10, 7) !=
        noisy("symmetric:0.5", truth, 10, 7 + (std::uint64_t{1} << 32)));
}

TEST_CASE("wrong noise is refused with the reason") {
  const Labels truth = {0, 1, 2, 1};
  check_error([&] { noisy("symetric:0.4", truth, 3); },
              {"--noise", "symetric", "none, symmetric, asymmetric"});
  check_error([&] { noisy("symmetric:1.4", truth, 3); }, {"rate", "1.4"});
  check_error([&] { noisy("symmetric:0.4,map=circular", truth, 3); }, {"map", "inclusive"});
  check_error([&] { noisy("symmetric:0.4", {0, 0}, 1); }, {"two classes"});
  check_error([&] { noisy("asymmetric:0.4,map=cifar10", truth, 3); }, {"10 classes", "3"});
  check_error([&] { noisy("asymmetric:0.4,map=mnist", truth, 3); }, {"mnist", "10 classes", "3"});
  check_error([&] { noisy("asymmetric:0.4,map=cifar11", truth, 3); }, {"cifar11", "circular", "blocks"});
  check_error([&] { noisy("none:0.4", truth, 3); }, {"none", "no parameters"});
  check_error([&] { noisy("symmetric:0.4", {0, 1, 3}, 3); }, {"sample 2", "label 3", "3 classes"});
  check_error([&] { noisy("symmetric:0.4", {0, -1}, 3); }, {"sample 1", "label -1"});
}

TEST_CASE("the transition matrix counts shares of the true class") {
  const Labels truth = {0, 0, 0, 0, 1, 1}, given = {0, 0, 0, 2, 0, 1};
  const TransitionMatrix t(truth, given, 3);
  CHECK(t.classes() == 3);
  CHECK(t(0, 0) == 0.75);
  CHECK(t(0, 2) == 0.25);
  CHECK(t(1, 0) == 0.5);
  CHECK(t(1, 1) == 0.5);
  for (int j = 0; j < 3; ++j) CHECK(t(2, j) == 0);  // no samples
  CHECK(t.samples(0) == 4);
  CHECK(t.samples(2) == 0);
  CHECK(t.samples_given(0) == 4);
  CHECK(t.samples_given(2) == 1);
  CHECK(t.labels_of(0) == std::vector<int>{0, 2});
  CHECK(t.labels_of(2).empty());
  CHECK(noise_rate(truth, given) == doctest::Approx(2.0 / 6));
  CHECK(noise_rate({}, {}) == 0);

  check_error([&] { TransitionMatrix(truth, {0, 0}, 3); }, {"6 true labels", "2 given"});
  check_error([&] { noise_rate(truth, {0, 0}); }, {"6 true labels", "2 given"});
  check_error([&] { TransitionMatrix(truth, given, 2); }, {"sample 3", "label 2"});
  check_error([&] { TransitionMatrix({0, 3}, {0, 1}, 3); }, {"sample 1", "label 3"});
  check_error([&] { TransitionMatrix({0, -2}, {0, 1}, 3); }, {"sample 1", "label -2"});
}

TEST_CASE("images of none of the classes have a row of their own, and count as wrong") {
  const Labels truth = {0, no_class, no_class, 1}, given = {0, 1, 1, 1};
  const TransitionMatrix t(truth, given, 2);
  CHECK(t.samples(no_class) == 2);
  CHECK(t(no_class, 0) == 0);
  CHECK(t(no_class, 1) == 1);
  CHECK(t(1, 1) == 1);
  CHECK(t.samples_given(1) == 3);
  CHECK(noise_rate(truth, given) == 0.5);
}

TEST_CASE("every noise model that is listed is known and described") {
  for (const Description& info : list_noise()) {
    CHECK_FALSE(info.what.empty());
    const std::string refusal = info.name == "none" ? "no parameters" : "no parameter nonsense";
    check_error([&] { noisy(info.name + ":nonsense=1", uneven_labels(10), 10); }, {info.name, refusal});
  }
}
