// Label noise from a model's own mistakes: Chen et al., "Beyond class-conditional assumption: a primary
// attempt to combat instance-dependent label noise", AAAI 2021, Algorithm 1. Given the softmax of each sample
// averaged over a training run, the samples to which the run gave the largest probability of a wrong class
// take that class.
#include "engine/error.h"
#include "engine/io/npy.h"
#include "noise/models.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace noisegate {
namespace {

/// The file that the spec names, by itself or by the folder of the run that wrote it.
std::string predictions_file(const Values& values) {
  if (values.given("run") == values.given("file"))
    reject("{}: it needs run=DIR of a run with --predictions, or file=predictions.npy",
           values.spec().where());
  if (values.given("file")) return values.word("file");
  const auto path = std::filesystem::path(values.word("run")) / "predictions.npy";
  if (!std::filesystem::exists(path))
    reject("{}: there is no {}; train the run with --predictions", values.spec().where(), path.string());
  return path.string();
}

/// (N, K) probabilities, each row summing to 1.
std::vector<float> read_predictions(const NoiseInput& input, const std::string& path) {
  NumpyArray<float> array = load_numpy<float>(path);
  if (array.shape.size() != 2 || array.shape[1] != input.classes)
    reject("{} is no array of a row for each sample and {} columns, one for each class", path, input.classes);
  require_rows(input, static_cast<std::size_t>(array.shape[0]), path);
  for (std::int64_t row = 0; row < array.shape[0]; ++row) {
    const auto begin = array.values.begin() + row * input.classes;
    const double sum = std::accumulate(begin, begin + input.classes, 0.0);
    if (!(std::abs(sum - 1) < 1e-3) ||
        std::any_of(begin, begin + input.classes, [](float p) { return p < 0; }))
      reject("{}: row {} holds no probabilities, which sum to 1", path, row);
  }
  return std::move(array.values);
}

struct Mistake {
  std::int32_t label;  // the likeliest wrong class
  float probability;
};

Mistake worst_mistake(std::span<const float> probabilities, std::int32_t truth) {
  Mistake worst{truth, -1};
  for (std::size_t label = 0; label < probabilities.size(); ++label)
    if (static_cast<std::int32_t>(label) != truth && probabilities[label] > worst.probability)
      worst = {static_cast<std::int32_t>(label), probabilities[label]};
  return worst;
}

Labels flip_to_predictions(const Values& values, const NoiseInput& input) {
  const std::vector<float> predictions = read_predictions(input, predictions_file(values));

  const std::size_t samples = input.truth.size();
  std::vector<Mistake> mistakes;
  for (std::size_t i = 0; i < samples; ++i)
    mistakes.push_back(
        worst_mistake(std::span(predictions).subspan(i * input.classes, input.classes), input.truth[i]));
  std::vector<std::size_t> likeliest_first(samples);
  std::iota(likeliest_first.begin(), likeliest_first.end(), std::size_t{0});
  std::stable_sort(likeliest_first.begin(), likeliest_first.end(), [&](std::size_t a, std::size_t b) {
    return mistakes[a].probability > mistakes[b].probability;
  });

  Labels given = input.truth;
  const auto flips = std::lround(values.number("rate") * static_cast<double>(samples));
  for (long i = 0; i < flips; ++i) given[likeliest_first[i]] = mistakes[likeliest_first[i]].label;
  return given;
}

}  // namespace

NoiseModel prediction_noise() {
  return {{.name = "prediction",
           .what = "to the wrong class that a model found likeliest, where it did most",
           .paper = "Chen et al., Beyond Class-Conditional Assumption, AAAI 2021",
           .parameters = {noise_rate_parameter("the share of all samples"),
                          parameter::path("run", "a run of noisegate train --predictions"),
                          parameter::path("file",
                                          "predictions.npy, the averaged softmax, a row for each sample")}},
          relabelled<flip_to_predictions>};
}

}  // namespace noisegate
