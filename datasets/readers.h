// The declarations that the dataset readers share with their list in dataset.cpp.
#pragma once

#include "datasets/dataset.h"

#include <filesystem>
#include <string>

namespace noisegate {

/// A named dataset, read from the folder that --data names.
struct DatasetReader : Entry<Dataset (*)(const Values& values, const std::filesystem::path& folder)> {
  /// Whether its files lie in the folder; null if it has no files.
  bool (*lies_in)(const std::filesystem::path& folder) = nullptr;
  std::string known_by = {};  // the file that identified the dataset, "train.bin"
};

}  // namespace noisegate
