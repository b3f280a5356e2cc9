// Datasets that are text files of `PATH LABEL` beside folders of images: WebVision, Clothing1M, ANIMAL-10N
// and any other. The images stay on the disk.
#pragma once

#include "datasets/readers.h"

#include <filesystem>
#include <string>

namespace noisegate {

struct ListOptions {
  std::filesystem::path folder = {};  // --data; may be empty
  /// Files, relative to `folder`; where they are not named, train.txt, val.txt (if it is there), test.txt and
  /// classes.txt (likewise). The validation and test lists are clean, the training list need not be.
  std::string train = {}, validation = {}, test = {}, classes = {};
  std::string map = {};   // file of `LABEL CLASS`: the labels that it does not name are left out
  bool remap = false;     // the training list's labels become 0 … K−1, in their order
  int per_class = 0;      // samples of each class that an epoch visits; 0: all
  int size = 224;         // pixels each way of a batch's images
  int resize = 256;       // of the shorter side, before the middle is cut out
  bool skip_bad = false;  // leaves out images that are missing or cannot be read
};

/// Reads the lists and sees whether their images are there, each in `folder` or else beside its list; how
/// many labels and missing images were left out stands in the dataset's notes. Throws Error naming the list
/// that is missing or wrong, the line whose label has no class, or the first missing image.
Dataset load_list(const ListOptions& options);

DatasetReader list_reader();

}  // namespace noisegate
