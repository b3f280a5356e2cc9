// Noise models: from true labels to the labels that training sees.
#pragma once

#include "engine/registry.h"
#include "engine/tensor.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace noisegate {

/// The true label of an image that shows none of the classes; `openset` puts such images in.
inline constexpr std::int32_t no_class = -1;

/// What a noise model may look at: the training set before any noise, and what the draws are keyed by.
struct NoiseInput {
  std::vector<std::int32_t> truth = {};  // N, each in [0, classes)
  int classes = 0;
  std::uint64_t seed = 1;
  Tensor images = {};  // u8 (N,H,W,C); only `instance` and `openset` need it

  std::string dataset = "";         // "cifar10": what the maps of `asymmetric` and published labels go by
  std::filesystem::path data = "";  // its folder, where published labels are looked for
  /// Of the whole training set where N is --limit; label files have one for each of them. 0: N.
  std::int64_t samples_in_all = 0;
  /// The training images of another dataset, for `openset`.
  std::function<Tensor(const std::string& dataset, const std::filesystem::path& folder)> images_of = {};
};

/// The training set as training sees it.
struct NoisySet {
  std::vector<std::int32_t> given;  // N, each in [0, classes)
  std::vector<std::int32_t> truth;  // that of the input, or no_class where the image is another's
  Tensor images;                    // those of the input, but for the ones that `openset` replaced
};

/// Makes a training set noisy. Same (spec, input) → same set on every machine; list_noise() says what a spec
/// can name. Throws Error for an unknown name, key or value, and naming the file for labels that cannot be
/// read or do not fit the training set.
NoisySet make_noise(const Spec& spec, const NoiseInput& input);

std::vector<Description> list_noise();

}  // namespace noisegate
