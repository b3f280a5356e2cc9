// The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): records of one label byte (CIFAR-100:
// coarse, then fine label), then 3072 pixel bytes: the red, green and blue planes of 32×32, row-major.
#pragma once

#include "datasets/readers.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// The contents of an archive and their place.
struct CifarArchive {
  std::string name;                      // "cifar10"
  std::string folder;                    // the archive's own: "cifar-10-batches-bin"
  std::vector<std::string> train_files;  // each of train_records records
  std::string test_file;
  std::string names_file;  // a class name per line; optional
  std::vector<std::string> default_names;
  int label_bytes;  // number of labels at the beginning of a record
  int label_byte;   // index of the label that is read
  int classes;
  std::array<float, 3> mean, deviation;
  std::int64_t train_records = 10000;
  std::int64_t test_records = 10000;
};

CifarArchive cifar10_archive();
enum class Cifar100Labels { fine, coarse };
CifarArchive cifar100_archive(Cifar100Labels labels);

/// Reads all files of the archive from `folder`, or from the archive's own folder inside it. Throws Error
/// naming the missing folder or file, the file of the wrong size, or the file and record with a label out of
/// range.
Dataset load_cifar(const CifarArchive& archive, const std::filesystem::path& folder);

/// Whether load_cifar() would find a file of the archive's images in this folder.
bool lies_in(const CifarArchive& archive, const std::filesystem::path& folder);

/// Decodes `bytes`, the contents of the file `name`, which must be labels.size() records long, into images
/// (N,32,32,3) and labels in [0, archive.classes). Throws Error as load_cifar does.
void decode_cifar(std::span<const std::uint8_t> bytes, const CifarArchive& archive, const std::string& name,
                  std::span<std::uint8_t> images, std::span<std::int32_t> labels);

DatasetReader cifar10_reader(), cifar100_reader();

}  // namespace noisegate
