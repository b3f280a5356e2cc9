// Asymmetric (class-conditional) label noise: a class is mistaken for one other that looks like it.
#include "engine/error.h"
#include "noise/models.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace noisegate {
namespace {

/// For each class the one that it is mistaken for; itself where it is not.
using MistakenFor = Labels;

// Patrini et al., "Making deep neural networks robust to label noise", CVPR 2017, Section 5, has these for
// CIFAR-10 and MNIST; those for Fashion-MNIST are Zhang and Sabuncu's, "Generalized cross entropy loss",
// NeurIPS 2018, Section 4.

// bird → airplane, cat ↔ dog, deer → horse, truck → automobile
constexpr std::array<std::int32_t, 10> cifar10_mistakes = {0, 1, 0, 5, 7, 3, 6, 7, 8, 1};
// 2 → 7, 3 → 8, 5 ↔ 6, 7 → 1
constexpr std::array<std::int32_t, 10> mnist_mistakes = {0, 1, 7, 8, 4, 6, 5, 1, 8, 9};
// pullover → shirt, coat ↔ dress, sandal ← sneaker ← ankle boot
constexpr std::array<std::int32_t, 10> fashion_mnist_mistakes = {0, 1, 6, 4, 3, 5, 6, 5, 8, 7};

// CIFAR-100's superclass of each class, as the coarse labels of its records have it.
constexpr std::array<std::int32_t, 100> cifar100_superclasses = {
    4,  1,  14, 8,  0,  6,  7,  7, 18, 3,  3,  14, 9, 18, 7,  11, 3,  9, 7,  11, 6,  11, 5,  10, 7,
    6,  13, 15, 3,  15, 0,  11, 1, 10, 12, 14, 16, 9, 11, 5,  5,  19, 8, 8,  15, 13, 14, 17, 18, 10,
    16, 4,  17, 4,  2,  0,  17, 4, 18, 17, 10, 3,  2, 12, 12, 16, 12, 1, 9,  19, 2,  10, 0,  1,  16,
    12, 9,  13, 15, 13, 16, 19, 2, 4,  6,  19, 5,  5, 8,  19, 18, 1,  2, 15, 6,  0,  17, 8,  14, 13};

/// Each class to the next of its group, the last to the first; `group_of` has a number for every class.
MistakenFor next_of_group(const Labels& group_of) {
  const auto classes = static_cast<std::int32_t>(group_of.size());
  MistakenFor next(classes);
  for (std::int32_t label = 0; label < classes; ++label) {
    std::int32_t other = (label + 1) % classes;
    while (group_of[other] != group_of[label]) other = (other + 1) % classes;
    next[label] = other;
  }
  return next;
}

MistakenFor circular(int classes) {
  return next_of_group(Labels(classes, 0));
}

/// Published code of "within the superclass" takes five consecutive class indices, which are no superclass.
MistakenFor blocks(int classes) {
  Labels block_of(classes);
  for (int label = 0; label < classes; ++label) block_of[label] = label / 5;
  return next_of_group(block_of);
}

template <const auto& mistakes>
MistakenFor fixed(int) {
  return {mistakes.begin(), mistakes.end()};
}

MistakenFor superclass(int) {
  return next_of_group({cifar100_superclasses.begin(), cifar100_superclasses.end()});
}

struct Map {
  std::string name;
  int classes;  // that it is for; 0: any number
  MistakenFor (*make)(int classes);
};

const std::vector<Map>& maps() {
  static const std::vector<Map> all = {
      {"cifar10", 10, fixed<cifar10_mistakes>},
      {"mnist", 10, fixed<mnist_mistakes>},
      {"fashion-mnist", 10, fixed<fashion_mnist_mistakes>},
      {"circular", 0, circular},
      {"blocks", 0, blocks},
      {"superclass", 100, superclass},
  };
  return all;
}

/// The dataset's own map where there is one: another's would mistake classes that have nothing in common.
std::string default_map(const NoiseInput& input) {
  for (const Map& map : maps())
    if (map.name == input.dataset && map.classes == input.classes) return map.name;
  return "circular";
}

MistakenFor mistakes(const Values& values, const NoiseInput& input) {
  const std::string name = values.given("map") ? values.word("map") : default_map(input);
  const Map& map = *std::ranges::find(maps(), name, &Map::name);
  if (map.classes != 0 && map.classes != input.classes)
    reject("{}: map={} is for {} classes, not {}", values.spec().where(), name, map.classes, input.classes);
  return map.make(input.classes);
}

Labels flip_to_mistakes(const Values& values, const NoiseInput& input) {
  const MistakenFor mistaken_for = mistakes(values, input);
  return flip_exactly(input, values.number("rate"),
                      [&](std::int32_t label, Philox&) { return mistaken_for[label]; });
}

}  // namespace

NoiseModel asymmetric_noise() {
  return {{.name = "asymmetric",
           .what = "a share of a class, to the one class that it is mistaken for",
           .parameters = {noise_rate_parameter("the share"),
                          parameter::one_of("map", names_of(maps()),
                                            "by default the dataset's own, or circular")}},
          relabelled<flip_to_mistakes>};
}

}  // namespace noisegate
