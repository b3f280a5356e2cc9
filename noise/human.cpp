// Human label noise: CIFAR-10N and CIFAR-100N, whose labels people gave on Amazon Mechanical Turk (Wei et
// al., "Learning with noisy labels revisited", ICLR 2022).
#include "engine/error.h"
#include "engine/io/npy.h"
#include "noise/label_archive.h"
#include "noise/models.h"

#include <filesystem>
#include <optional>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

using Integers = std::vector<std::int64_t>;
namespace fs = std::filesystem;

struct LabelSet {
  std::string name;          // of the spec
  int classes;               // of the dataset that it is for
  std::string given, truth;  // keys in the file
};

const std::vector<LabelSet>& label_sets() {
  static const std::vector<LabelSet> sets = {
      {"worst", 10, "worse_label", "clean_label"},
      {"aggregate", 10, "aggre_label", "clean_label"},
      {"random1", 10, "random_label1", "clean_label"},
      {"random2", 10, "random_label2", "clean_label"},
      {"random3", 10, "random_label3", "clean_label"},
      {"noisy", 100, "noisy_label", "clean_label"},
      {"noisy", 20, "noisy_coarse_label", "clean_coarse_label"},  // CIFAR-100's superclasses
  };
  return sets;
}

const LabelSet& find_label_set(const Values& values, const NoiseInput& input) {
  const std::string name = values.given("labels") ? values.word("labels")
                           : input.classes == 10  ? "worst"
                                                  : "noisy";
  std::vector<std::string> known;
  for (const LabelSet& set : label_sets()) {
    if (set.classes != input.classes) continue;
    if (set.name == name) return set;
    known.push_back(set.name);
  }
  if (known.empty())
    reject("{}: people labelled CIFAR-10 and CIFAR-100; this dataset has {} classes", values.spec().where(),
           input.classes);
  reject("{}: of this dataset there are the human labels {}, not {}", values.spec().where(),
         fmt::join(known, ", "), name);
}

std::string find_file(const Values& values, const NoiseInput& input) {
  if (values.given("file")) return values.word("file");
  const std::string published = input.classes == 10 ? "CIFAR-10_human.pt" : "CIFAR-100_human.pt";
  const fs::path path = input.data / published;
  if (input.data.empty() || !fs::exists(path))
    reject("{}: there is no {}; name it with file=PATH (it comes from github.com/UCSC-REAL/cifar-10-100n)",
           values.spec().where(), path.string());
  return path.string();
}

/// `order` says for each row of the labels which sample of the dataset it is about: CIFAR-N publishes the
/// labels once more in the order of TensorFlow's dataset, with such an array.
Integers reorder(const Integers& labels, const std::string& order_file) {
  const Integers order = load_numpy<std::int64_t>(order_file).values;
  if (order.size() != labels.size())
    reject("{} orders {} samples, but there are {} labels", order_file, order.size(), labels.size());
  Integers sorted(labels.size());
  std::vector<bool> seen(labels.size());
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::int64_t sample = order[row];
    if (sample < 0 || static_cast<std::size_t>(sample) >= labels.size() || seen[sample])
      reject("{} is no order: its row {} names the sample {}, which is out of range or named twice",
             order_file, row, sample);
    seen[sample] = true;
    sorted[sample] = labels[row];
  }
  return sorted;
}

Labels answers(const Values& values, const NoiseInput& input) {
  const LabelSet& set = find_label_set(values, input);
  const LabelArchive archive = LabelArchive::load(find_file(values, input));
  Integers given = archive.integers(set.given), truth = archive.integers(set.truth);
  if (values.given("order")) {
    given = reorder(given, values.word("order"));
    truth = reorder(truth, values.word("order"));
  }
  require_same_truth(input, truth, archive.name());
  return labels_from_file(input, given, archive.name());
}

}  // namespace

NoiseModel human_noise() {
  return {{.name = "human",
           .what = "what people answered: CIFAR-10N and CIFAR-100N",
           .paper = "Wei et al., Learning with Noisy Labels Revisited, ICLR 2022",
           .parameters = {parameter::one_of("labels",
                                            {"worst", "aggregate", "random1", "random2", "random3", "noisy"},
                                            "noisy is CIFAR-100's, the others are CIFAR-10's"),
                          parameter::path("file", "CIFAR-10_human.pt; by default that of the data folder"),
                          parameter::path("order", "image_order_c10.npy, for CIFAR-10_human_ordered.npy")}},
          relabelled<answers>};
}

}  // namespace noisegate
