// What the dataset readers share with the list of them in dataset.cpp.
#pragma once

#include "datasets/dataset.h"

#include <filesystem>
#include <string>

namespace noisegate {

/// A dataset that can be named, read from the folder that --data names.
struct DatasetReader : Entry<Dataset (*)(const Values& values, const std::filesystem::path& folder)> {
  /// Whether its files lie in the folder; null where it has none.
  bool (*lies_in)(const std::filesystem::path& folder) = nullptr;
  std::string known_by = {};  // the file that this was told from, "train.bin"
};

}  // namespace noisegate
