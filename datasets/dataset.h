// Labelled images, in memory or on the disk. Training uses the `given` labels, measurements compare with
// `truth`; they are the same until a noise model changes the given ones.
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
  Tensor images;                    // u8 (N, H, W, C), on the CPU; undefined if the images stay on the disk,
  std::vector<std::string> files;   // in these N JPEG or PNG files
  Tensor resident = {};             // a copy of the images in the GPU's memory, for a model there
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
  ImageFit fit{};                                   // the resizing of images on the disk
  bool skip_bad = false;                            // leaves out unreadable images, instead of ending
  int per_class = 0;                                // samples of each class that an epoch visits; 0: all
  std::vector<std::string> notes = {};              // sentences for the user of the dataset
};

std::vector<Description> list_datasets();

/// Reads a dataset of list_datasets(), with the parameters listed there, from `folder` (or from the archive's
/// own folder inside it); `synthetic` needs none. Throws Error naming the missing folder or file, the fault
/// of a file, or the file and record with a label out of range.
Dataset load_dataset(const Spec& spec, const std::filesystem::path& folder);

/// Returns the name of the only dataset whose files lie in the folder, or in the archive's own inside it.
/// Throws Error naming the missing folder, the datasets whose files it has, or the files that were looked
/// for.
std::string find_dataset(const std::filesystem::path& folder);

/// Returns the samples of `set` at these positions, in this order.
ImageSet subset(const ImageSet& set, const std::vector<std::int32_t>& positions);

/// Returns the first `count` samples; throws Error naming `--limit` if there are fewer.
ImageSet first(const ImageSet& set, std::int64_t count);

/// Splits `fraction` of the set off at random (seed, Purpose::validation_split), as evenly over the given
/// labels as possible: returns {rest, held out}, both in their original order.
std::pair<ImageSet, ImageSet> split_validation(const ImageSet& set, double fraction, std::uint64_t seed);

}  // namespace noisegate
