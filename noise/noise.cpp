#include "noise/noise.h"

#include "engine/error.h"
#include "noise/models.h"

#include <cmath>

namespace noisegate {

// Each in its own file.
NoiseModel symmetric_noise(), asymmetric_noise(), transition_noise(), instance_noise(), prediction_noise(),
    openset_noise(), human_noise(), file_noise();

namespace {

Labels true_labels(const Values&, const NoiseInput& input) {
  return input.truth;
}

const std::vector<NoiseModel>& noise_models() {
  static const std::vector<NoiseModel> all = {
      {{.name = "none", .what = "the given labels are the true ones"}, relabelled<true_labels>},
      symmetric_noise(),
      asymmetric_noise(),
      transition_noise(),
      instance_noise(),
      prediction_noise(),
      openset_noise(),
      human_noise(),
      file_noise(),
  };
  return all;
}

}  // namespace

std::vector<Description> list_noise() {
  return {noise_models().begin(), noise_models().end()};
}

NoisySet make_noise(const Spec& spec, const NoiseInput& input) {
  require_labels_in_range(input.truth, input.classes);
  return make_entry(noise_models(), spec, input);
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
