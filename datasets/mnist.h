// MNIST (LeCun et al. 1998), Fashion-MNIST (Xiao et al. 2017) and datasets of the same form: grey images and
// labels in idx files, plain or packed by gzip.
#pragma once

#include "datasets/readers.h"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace noisegate {

struct MnistArchive {
  std::string name;  // "mnist"
  std::vector<std::string>
      folders;  // folders inside --data that may have the files, if --data itself has not
  std::vector<std::string> class_names;
  float mean, deviation;
};

MnistArchive mnist_archive();
MnistArchive fashion_mnist_archive();

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte and the two t10k- files, plain or with the ending
/// .gz. The files give the number of images and their size. Throws Error naming the missing folder or file,
/// and the fault of a file: its form, its sizes, a label out of range.
Dataset load_mnist(const MnistArchive& archive, const std::filesystem::path& folder);

/// Whether the training images lie in one of the archive's folders inside `folder`, or in `folder` itself if
/// its path ends in one of them: the files of both archives have the same names.
bool lies_in(const MnistArchive& archive, const std::filesystem::path& folder);

/// Whether `folder` itself has the training images of either archive.
bool has_mnist_files(const std::filesystem::path& folder);

DatasetReader mnist_reader(), fashion_mnist_reader();

}  // namespace noisegate
