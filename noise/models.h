// The declarations that the noise models share. Each model has its own file, which ends with its entry;
// noise.cpp lists them.
#pragma once

#include "engine/random.h"
#include "noise/noise.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

using Labels = std::vector<std::int32_t>;

using NoiseModel = Entry<NoisySet (*)(const Values& values, const NoiseInput& input)>;

/// Makes a model that changes only the labels, by this function.
template <Labels (*labels)(const Values&, const NoiseInput&)>
NoisySet relabelled(const Values& values, const NoiseInput& input) {
  return {labels(values, input), input.truth, input.images};
}

/// The parameter rate=0.4, which most models have.
inline Parameter noise_rate_parameter(std::string help) {
  return parameter::number("rate", 0.4, {0, 1}, std::move(help));
}

/// Throws Error naming the first sample whose label is not in [0, classes).
void require_labels_in_range(const Labels& labels, int classes);

/// Draws, for each class, exactly round(rate·n) of its n samples, in random order, from the stream (seed,
/// Purpose::label_noise, 0, class).
std::vector<Labels> choose_exactly(const NoiseInput& input, double rate);

/// Gives the samples of choose_exactly a new label, `target(class, random)`, one after another from the
/// stream (seed, Purpose::label_noise, 1, class).
using FlipTarget = std::function<std::int32_t(std::int32_t label, Philox& random)>;
Labels flip_exactly(const NoiseInput& input, double rate, const FlipTarget& target);

/// Returns the class of `u`, uniform in [0, 1), when the classes divide [0, 1) by these probabilities, which
/// sum to 1 up to rounding.
std::int32_t draw_class(std::span<const double> probabilities, double u);

/// How a file's rows fit the training set: one row for each of its samples or, under --limit, one for each
/// sample of the full set. Throws Error naming the file if neither fits.
void require_rows(const NoiseInput& input, std::size_t rows, const std::string& file);

/// Cuts labels from a file, whose rows fit as above, to the training set. Throws Error naming the file and
/// the row of a label out of range.
Labels labels_from_file(const NoiseInput& input, const std::vector<std::int64_t>& labels,
                        const std::string& file);

/// Throws Error naming the file, the row and both labels if the file's true labels differ from the dataset's,
/// so that a file in another order is not taken for noise.
void require_same_truth(const NoiseInput& input, const std::vector<std::int64_t>& truth,
                        const std::string& file);

}  // namespace noisegate
