#include "datasets/mnist.h"

#include "datasets/idx.h"
#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace noisegate {
namespace fs = std::filesystem;
namespace {

const std::string training_images = "train-images-idx3-ubyte";

/// Whether the path's last parts are those of `end`.
bool ends_with(const fs::path& path, const fs::path& end) {
  const std::vector<fs::path> parts(path.begin(), path.end()), last(end.begin(), end.end());
  return last.size() <= parts.size() && std::equal(last.rbegin(), last.rend(), parts.rbegin());
}

/// The file of this name, or the packed one; an empty path where there is neither.
fs::path find_file(const fs::path& folder, const std::string& name) {
  std::error_code error;
  for (const std::string& candidate : {name, name + ".gz"})
    if (fs::is_regular_file(folder / candidate, error)) return folder / candidate;
  return {};
}

fs::path require_file(const MnistArchive& archive, const fs::path& folder, const std::string& name) {
  const fs::path file = find_file(folder, name);
  if (file.empty())
    reject("{} needs the file {}, plain or with .gz behind, which is not there", archive.name,
           (folder / name).string());
  return file;
}

fs::path find_folder(const MnistArchive& archive, const fs::path& folder, const std::string& first_file) {
  if (folder.empty()) reject("{} needs --data, the folder with {}", archive.name, first_file);
  std::error_code error;
  if (!fs::is_directory(folder, error)) reject("--data {}: there is no such folder", folder.string());
  for (const std::string& inside : archive.folders)
    if (!find_file(folder / inside, first_file).empty()) return folder / inside;
  return folder;
}

ImageSet read_set(const MnistArchive& archive, const fs::path& folder, const std::string& prefix) {
  const fs::path image_file = require_file(archive, folder, prefix + "-images-idx3-ubyte");
  const fs::path label_file = require_file(archive, folder, prefix + "-labels-idx1-ubyte");
  const std::vector<std::byte> image_bytes = read_file(image_file), label_bytes = read_file(label_file);
  // Before all is unpacked: a small file can hold gigabytes.
  const std::int64_t samples = idx_shape(image_bytes, image_file.string(), 3)[0],
                     labelled = idx_shape(label_bytes, label_file.string(), 1)[0];
  if (labelled != samples)
    reject("{} has {} labels for the {} images of {}", label_file.string(), labelled, samples,
           image_file.string());
  const IdxArray images = parse_idx(image_bytes, image_file.string(), 3);
  const IdxArray labels = parse_idx(label_bytes, label_file.string(), 1);
  if (images.values.empty()) reject("{} holds no pixel", image_file.string());

  ImageSet set;
  set.images = Tensor::from(images.values, {samples, images.shape[1], images.shape[2], 1});
  for (std::int64_t i = 0; i < samples; ++i) {
    const int label = labels.values[i];
    if (label >= static_cast<int>(archive.class_names.size()))
      reject("{}: label {} is {}; {} has {} classes", label_file.string(), i, label, archive.name,
             archive.class_names.size());
    set.truth.push_back(label);
  }
  set.given = set.truth;
  return set;
}

}  // namespace

MnistArchive mnist_archive() {
  return {.name = "mnist",
          .folders = {"mnist", "MNIST/raw"},
          .class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
          .mean = 0.1307f,
          .deviation = 0.3081f};
}

MnistArchive fashion_mnist_archive() {
  return {.name = "fashion-mnist",
          .folders = {"fashion-mnist", "FashionMNIST/raw"},
          .class_names = {"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
                          "bag", "ankle boot"},
          .mean = 0.2860f,
          .deviation = 0.3530f};
}

Dataset load_mnist(const MnistArchive& archive, const fs::path& folder) {
  const fs::path files = find_folder(archive, folder, training_images);
  Dataset dataset{.name = archive.name,
                  .classes = static_cast<int>(archive.class_names.size()),
                  .class_names = archive.class_names,
                  .train = read_set(archive, files, "train"),
                  .test = read_set(archive, files, "t10k"),
                  .mean = {archive.mean},
                  .deviation = {archive.deviation}};
  const Shape &train = dataset.train.images.shape(), &test = dataset.test.images.shape();
  if (train[1] != test[1] || train[2] != test[2])
    reject("{}: training images are {}x{} pixels, test images {}x{}", files.string(), train[1], train[2],
           test[1], test[2]);
  return dataset;
}

bool lies_in(const MnistArchive& archive, const fs::path& folder) {
  // An empty last part, of "data/mnist/", is none.
  const fs::path whole = (fs::absolute(folder) / "").lexically_normal().parent_path();
  return std::ranges::any_of(archive.folders, [&](const std::string& inside) {
    return !find_file(folder / inside, training_images).empty() ||
           (ends_with(whole, inside) && has_mnist_files(folder));
  });
}

bool has_mnist_files(const fs::path& folder) {
  return !find_file(folder, training_images).empty();
}

DatasetReader mnist_reader() {
  return {{{.name = "mnist",
            .what = "70,000 handwritten digits of 10 classes, 28x28, grey (idx files, plain or .gz)"},
           [](const Values&, const fs::path& folder) { return load_mnist(mnist_archive(), folder); }},
          [](const fs::path& folder) { return lies_in(mnist_archive(), folder); },
          training_images};
}

DatasetReader fashion_mnist_reader() {
  return {{{.name = "fashion-mnist",
            .what = "70,000 pieces of clothing of 10 classes, 28x28, grey (idx files, plain or .gz)"},
           [](const Values&, const fs::path& folder) { return load_mnist(fashion_mnist_archive(), folder); }},
          [](const fs::path& folder) { return lies_in(fashion_mnist_archive(), folder); },
          training_images};
}

}  // namespace noisegate
