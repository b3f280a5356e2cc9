// Labelled images, in memory or on the disk. `given` labels are what training sees, `truth` what measurement
// compares with; they are the same until noise makes them differ.
#pragma once

#include "datasets/image.h"
#include "engine/registry.h"
#include "engine/tensor.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace noisegate {

struct ImageSet {
  Tensor images;                    // u8 (N, H, W, C), on the CPU; undefined where they stay on the disk,
  std::vector<std::string> files;   // in these N JPEG or PNG files
  Tensor resident = {};             // the images once more in the GPU's memory, where a model there uses them
  std::vector<std::int32_t> given;  // N, in [0, classes)
  std::vector<std::int32_t> truth;  // N

  std::int64_t size() const { return static_cast<std::int64_t>(given.size()); }
};

struct Dataset {
  std::string name;  // "cifar10"
  int classes = 0;
  std::vector<std::string> class_names;  // `classes` of them
  ImageSet train, test;
  ImageSet validation = {};                         // empty where the dataset has none of its own
  std::array<float, 3> mean{}, deviation{1, 1, 1};  // of pixel values scaled to [0, 1], by channel
  ImageFit fit{};                                   // what becomes of images that stay on the disk
  bool skip_bad = false;                // leaves out images that cannot be read, instead of ending
  int per_class = 0;                    // samples of each class that an epoch visits; 0: all there are
  std::vector<std::string> notes = {};  // what whoever uses the dataset should be told of it
};

std::vector<Description> list_datasets();

/// Reads a dataset that list_datasets() names, with the parameters that it states there, from `folder` (or
/// from the archive's own folder inside it); `synthetic` needs none. Throws Error naming the missing folder
/// or file, what is wrong with a file, or the file and record with a label out of range.
Dataset load_dataset(const Spec& spec, const std::filesystem::path& folder);

/// The name of the one dataset whose files lie in the folder, or in the archive's own inside it. Throws Error
/// naming the folder that is not there, those datasets of which it has files, or what was looked for.
std::string find_dataset(const std::filesystem::path& folder);

/// The samples of `set` at these positions, in this order.
ImageSet subset(const ImageSet& set, const std::vector<std::int32_t>& positions);

/// The first `count` samples; throws Error naming `--limit` where there are fewer.
ImageSet first(const ImageSet& set, std::int64_t count);

/// Takes `fraction` of the set out at random (seed, Purpose::validation_split), as evenly over the given
/// labels as it goes: {rest, held out}, both in their original order.
std::pair<ImageSet, ImageSet> split_validation(const ImageSet& set, double fraction, std::uint64_t seed);

}  // namespace noisegate
