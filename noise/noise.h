// Noise models: from true labels to the labels given to training.
#pragma once

#include "engine/registry.h"
#include "engine/tensor.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace noisegate {

/// The true label of an image that shows none of the classes; `openset` adds such images.
inline constexpr std::int32_t no_class = -1;

/// The input of a noise model: the training set without noise, and the key of the random draws.
struct NoiseInput {
  std::vector<std::int32_t> truth = {};  // N, each in [0, classes)
  int classes = 0;
  std::uint64_t seed = 1;
  Tensor images = {};  // u8 (N,H,W,C); only `instance` and `openset` need them

  std::string dataset = "";         // "cifar10": selects the map of `asymmetric` and the published labels
  std::filesystem::path data = "";  // its folder, which is searched for published labels
  /// The size of the full training set if --limit cut it to N; label files have one label for each of its
  /// samples. 0: N.
  std::int64_t samples_in_all = 0;
  /// The training images of another dataset, for `openset`.
  std::function<Tensor(const std::string& dataset, const std::filesystem::path& folder)> images_of = {};
};

/// The training set given to training.
struct NoisySet {
  std::vector<std::int32_t> given;  // N, each in [0, classes)
  std::vector<std::int32_t> truth;  // the input's, or no_class for another dataset's image
  Tensor images;                    // the input's, except those that `openset` replaced
};

/// Makes a training set noisy. Same (spec, input) → same set on every machine; list_noise() lists the valid
/// specs. Throws Error for an unknown name, key or value, and naming the file for labels that cannot be read
/// or do not fit the training set.
NoisySet make_noise(const Spec& spec, const NoiseInput& input);

std::vector<Description> list_noise();

}  // namespace noisegate
