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
      {{"none", "the given labels are the true ones", {}}, relabelled<no_noise>},
      {{"symmetric",
        "a share of each class, to the other classes alike",
        {"rate=0.4: the share", "inclusive=1: to any class, itself too"}},
       relabelled<symmetric_noise>},
      {{"asymmetric",
        "a share of a class, to the one class that it is mistaken for",
        {"rate=0.4: the share", "map=cifar10, mnist, fashion-mnist: each dataset's own mistakes",
         "map=circular: the next class, as by default where a dataset has no mistakes of its own",
         "map=blocks: the next within five consecutive classes",
         "map=superclass: the next within CIFAR-100's superclass"}},
       relabelled<asymmetric_noise>},
      {{"transition",
        "drawn from a transition matrix",
        {"file=T.csv or T.npy: a row for each true class, the chances of the labels"}},
       relabelled<transition_noise>},
      {{"instance",
        "to the class that the pixels of the image choose (Xia et al. 2020)",
        {"rate=0.4: the mean of the samples' flip rates before these are cut to [0, 1]"}},
       relabelled<instance_noise>},
      {{"prediction",
        "to the wrong class that a model found likeliest, where it did most (Chen et al. 2020)",
        {"rate=0.4: the share of all samples", "run=DIR: a run of noisegate train --predictions",
         "file=predictions.npy: the averaged softmax, a row for each sample"}},
       relabelled<prediction_noise>},
      {{"openset",
        "a share of each class keeps its labels, but has images of another dataset",
        {"rate=0.4: the share", "dataset=cifar100: the other one", "data=DIR: its folder"}},
       openset_noise},
      {{"human",
        "what people answered: CIFAR-10N and CIFAR-100N (Wei et al. 2022)",
        {"labels=worst, aggregate, random1, random2, random3 (CIFAR-10), noisy (CIFAR-100)",
         "file=CIFAR-10_human.pt: by default that of the data folder",
         "order=image_order_c10.npy: for CIFAR-10_human_ordered.npy"}},
       relabelled<human_noise>},
      {{"file",
        "labels from a file",
        {"file=labels.npy, or .csv with a column label_noisy and, to be checked, label"}},
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
