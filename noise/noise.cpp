#include "noise/noise.h"

#include "engine/error.h"
#include "noise/models.h"

#include <cmath>

namespace noisegate {
namespace {

Labels no_noise(Spec& spec, const NoiseInput& input) {
  spec.expect({});
  return input.truth;
}

/// A model that changes the labels alone.
template <Labels (*labels)(Spec&, const NoiseInput&)>
NoisySet relabelled(Spec& spec, const NoiseInput& input) {
  return {labels(spec, input), input.truth, input.images};
}

struct NoiseModel {
  NoiseInfo info;
  NoisySet (*make)(Spec&, const NoiseInput&);
};

const std::vector<NoiseModel>& noise_models() {
  static const std::vector<NoiseModel> models = {
      {{"none", "the given labels are the true ones"}, relabelled<no_noise>},
      {{"symmetric",
        "rate=0.4: that share of each class, to the other classes alike; inclusive=1: to any class, itself "
        "too"},
       relabelled<symmetric_noise>},
      {{"asymmetric",
        "rate=0.4: that share of a class, to the class it is mistaken for: map=cifar10, mnist, "
        "fashion-mnist, circular (the next class), blocks (the next of five consecutive classes), "
        "superclass (CIFAR-100: the next of its superclass)"},
       relabelled<asymmetric_noise>},
      {{"transition", "file=T.csv or T.npy: drawn from a matrix, a row the chances of a true class"},
       relabelled<transition_noise>},
      {{"instance", "rate=0.4: on average; by the pixels of the image (Xia et al. 2020)"},
       relabelled<instance_noise>},
      {{"prediction",
        "rate=0.4: that share of all, to the wrong class which a model found likeliest (Chen et al. 2020): "
        "run=DIR of noisegate train --predictions, or file=predictions.npy"},
       relabelled<prediction_noise>},
      {{"openset",
        "rate=0.4: that share of each class keeps its labels, but has images of another dataset; "
        "dataset=cifar100, data=DIR"},
       openset_noise},
      {{"human",
        "labels=worst, aggregate, random1, random2, random3 (CIFAR-10N) or noisy (CIFAR-100N); "
        "file=CIFAR-10_human.pt, by default looked for in the data folder; for CIFAR-10_human_ordered.npy "
        "with order=image_order_c10.npy"},
       relabelled<human_noise>},
      {{"file", "file=labels.npy, or .csv with the columns label_noisy and, if checked, label"},
       relabelled<file_noise>},
  };
  return models;
}

}  // namespace

std::vector<NoiseInfo> list_noise() {
  std::vector<NoiseInfo> infos;
  for (const NoiseModel& model : noise_models()) infos.push_back(model.info);
  return infos;
}

NoisySet make_noise(Spec spec, const NoiseInput& input) {
  require_labels_in_range(input.truth, input.classes);
  std::vector<std::string> known;
  for (const NoiseModel& model : noise_models()) {
    if (model.info.name == spec.name()) return model.make(spec, input);
    known.push_back(model.info.name);
  }
  spec.unknown(known);
}

void require_labels_in_range(const Labels& labels, int classes) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= classes)
      reject("sample {} has the label {}; there are {} classes", i, labels[i], classes);
}

std::vector<Labels> choose_exactly(const NoiseInput& input, double rate) {
  std::vector<Labels> samples_of(input.classes);
  for (std::size_t i = 0; i < input.truth.size(); ++i)
    samples_of[input.truth[i]].push_back(static_cast<std::int32_t>(i));

  std::vector<Labels> chosen(input.classes);
  for (std::int32_t label = 0; label < input.classes; ++label) {
    const Labels& samples = samples_of[label];
    const Labels order = permutation(static_cast<std::int32_t>(samples.size()),
                                     Philox(input.seed, Purpose::label_noise, 0, label));
    const auto count = std::lround(rate * static_cast<double>(samples.size()));
    for (long i = 0; i < count; ++i) chosen[label].push_back(samples[order[i]]);
  }
  return chosen;
}

Labels flip_exactly(const NoiseInput& input, double rate, const FlipTarget& target) {
  const std::vector<Labels> chosen = choose_exactly(input, rate);
  Labels given = input.truth;
  for (std::int32_t label = 0; label < input.classes; ++label) {
    Philox random(input.seed, Purpose::label_noise, 1, label);
    for (const std::int32_t sample : chosen[label]) given[sample] = target(label, random);
  }
  return given;
}

std::int32_t draw_class(std::span<const double> probabilities, double u) {
  double below = 0;
  std::int32_t last_possible = 0;  // takes what rounding leaves of [0, 1)
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    if (probabilities[label] <= 0) continue;
    last_possible = static_cast<std::int32_t>(label);
    below += probabilities[label];
    if (u < below) break;
  }
  return last_possible;
}

void require_rows(const NoiseInput& input, std::size_t rows, const std::string& file) {
  if (rows == input.truth.size() || rows == static_cast<std::size_t>(input.samples_in_all)) return;
  reject("{} has {} rows, but the training set has {} samples", file, rows,
         input.samples_in_all > 0 ? static_cast<std::size_t>(input.samples_in_all) : input.truth.size());
}

Labels labels_from_file(const NoiseInput& input, const std::vector<std::int64_t>& labels,
                        const std::string& file) {
  require_rows(input, labels.size(), file);
  Labels given(input.truth.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= input.classes)
      reject("{}: sample {} has the label {}; there are {} classes", file, i, labels[i], input.classes);
    given[i] = static_cast<std::int32_t>(labels[i]);
  }
  return given;
}

void require_same_truth(const NoiseInput& input, const std::vector<std::int64_t>& truth,
                        const std::string& file) {
  require_rows(input, truth.size(), file);
  for (std::size_t i = 0; i < input.truth.size(); ++i)
    if (truth[i] != input.truth[i])
      reject(
          "{} is not for this dataset or has its samples in another order: the true label of sample {} is {} "
          "there, but {} in the dataset",
          file, i, truth[i], input.truth[i]);
}

}  // namespace noisegate
