// Datasets given by text files of `PATH LABEL` and folders of images: WebVision, Clothing1M, ANIMAL-10N and
// any other. The images stay on the disk.
#pragma once

#include "datasets/readers.h"

#include <filesystem>
#include <string>

namespace noisegate {

struct ListOptions {
  std::filesystem::path folder = {};  // --data; may be empty
  /// Files, relative to `folder`; the defaults are train.txt, val.txt (if it exists), test.txt and
  /// classes.txt (if it exists). The validation and test lists are clean, the training list need not be.
  std::string train = {}, validation = {}, test = {}, classes = {};
  std::string map = {};   // file of `LABEL CLASS`: samples of other labels are left out
  bool remap = false;     // numbers the training list's labels 0 … K−1, in their order
  int per_class = 0;      // samples of each class that an epoch visits; 0: all
  int size = 224;         // pixels each way of a batch's images
  int resize = 256;       // the shorter side, before the middle is cut out
  bool skip_bad = false;  // leaves out images that are missing or unreadable
};

/// Reads the lists and checks that their images exist, each in `folder` or else next to its list; the
/// dataset's notes say how many labels and missing images were left out. Throws Error naming the list that is
/// missing or wrong, the line whose label has no class, or the first missing image.
Dataset load_list(const ListOptions& options);

DatasetReader list_reader();

}  // namespace noisegate
