#include "datasets/cifar.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace noisegate {
namespace fs = std::filesystem;
namespace {

constexpr int side = 32;
constexpr int channels = 3;
constexpr int plane = side * side;
constexpr int image_bytes = channels * plane;

void require_size(std::uintmax_t bytes, const CifarArchive& archive, const std::string& name,
                  std::uintmax_t records) {
  const auto record_bytes = static_cast<std::uintmax_t>(archive.label_bytes + image_bytes);
  if (bytes != records * record_bytes)
    reject("{} is {} bytes long where {} records of {} take {} bytes", name, bytes, records, record_bytes,
           records * record_bytes);
}

std::vector<std::uint8_t> read_file(const fs::path& path, const CifarArchive& archive, std::int64_t records) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    reject("{} needs the file {}, which is not there", archive.name, path.string());
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) fail("cannot read {}: {}", path.string(), error.message());
  require_size(size, archive, path.string(), static_cast<std::uintmax_t>(records));

  std::vector<std::uint8_t> bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    fail("cannot read {}", path.string());
  return bytes;
}

ImageSet read_set(const CifarArchive& archive, const fs::path& folder, const std::vector<std::string>& files,
                  std::int64_t records) {
  const auto samples = static_cast<std::int64_t>(files.size()) * records;
  ImageSet set;
  set.images = Tensor::empty({samples, side, side, channels}, DType::u8);
  set.truth.resize(samples);
  std::span<std::uint8_t> images(set.images.data<std::uint8_t>(), samples * image_bytes);
  std::span<std::int32_t> labels(set.truth);
  for (const std::string& file : files) {
    const fs::path path = folder / file;
    decode_cifar(read_file(path, archive, records), archive, path.string(),
                 images.first(records * image_bytes), labels.first(records));
    images = images.subspan(records * image_bytes);
    labels = labels.subspan(records);
  }
  set.given = set.truth;
  return set;
}

std::vector<std::string> read_class_names(const CifarArchive& archive, const fs::path& folder) {
  const fs::path path = folder / archive.names_file;
  if (!fs::exists(path)) return archive.default_names;
  std::istringstream file(read_text_file(path, longest_config));
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    require_utf8(line, (folder / archive.names_file).string());
    names.push_back(line);
  }
  if (static_cast<int>(names.size()) != archive.classes)
    reject("{} names {} classes where {} has {}", (folder / archive.names_file).string(), names.size(),
           archive.name, archive.classes);
  return names;
}

/// `folder`, or the archive's own folder where that is inside.
fs::path find_files(const CifarArchive& archive, const fs::path& folder) {
  if (folder.empty()) reject("{} needs --data, the folder with {}", archive.name, archive.test_file);
  std::error_code error;
  if (!fs::is_directory(folder, error)) reject("--data {}: there is no such folder", folder.string());
  const fs::path inside = folder / archive.folder;
  return fs::is_directory(inside, error) ? inside : folder;
}

std::vector<std::string> numbers_as_names(int classes) {
  std::vector<std::string> names;
  for (int i = 0; i < classes; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

CifarArchive cifar10_archive() {
  return {
      .name = "cifar10",
      .folder = "cifar-10-batches-bin",
      .train_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                      "data_batch_5.bin"},
      .test_file = "test_batch.bin",
      .names_file = "batches.meta.txt",
      .default_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                        "truck"},
      .label_bytes = 1,
      .label_byte = 0,
      .classes = 10,
      .mean = {0.4914f, 0.4822f, 0.4465f},
      .deviation = {0.2023f, 0.1994f, 0.2010f},
  };
}

CifarArchive cifar100_archive(Cifar100Labels labels) {
  const bool fine = labels == Cifar100Labels::fine;
  const int classes = fine ? 100 : 20;
  return {
      .name = "cifar100",
      .folder = "cifar-100-binary",
      .train_files = {"train.bin"},
      .test_file = "test.bin",
      .names_file = fine ? "fine_label_names.txt" : "coarse_label_names.txt",
      .default_names = numbers_as_names(classes),
      .label_bytes = 2,
      .label_byte = fine ? 1 : 0,
      .classes = classes,
      .mean = {0.5071f, 0.4865f, 0.4409f},
      .deviation = {0.2673f, 0.2564f, 0.2762f},
      .train_records = 50000,
  };
}

Dataset load_cifar(const CifarArchive& archive, const fs::path& folder) {
  const fs::path files = find_files(archive, folder);
  return {
      .name = archive.name,
      .classes = archive.classes,
      .class_names = read_class_names(archive, files),
      .train = read_set(archive, files, archive.train_files, archive.train_records),
      .test = read_set(archive, files, {archive.test_file}, archive.test_records),
      .mean = archive.mean,
      .deviation = archive.deviation,
  };
}

bool lies_in(const CifarArchive& archive, const fs::path& folder) {
  const fs::path files = find_files(archive, folder);
  std::error_code error;
  const auto is_there = [&](const std::string& file) { return fs::is_regular_file(files / file, error); };
  return is_there(archive.test_file) || std::ranges::any_of(archive.train_files, is_there);
}

void decode_cifar(std::span<const std::uint8_t> bytes, const CifarArchive& archive, const std::string& name,
                  std::span<std::uint8_t> images, std::span<std::int32_t> labels) {
  require_size(bytes.size(), archive, name, labels.size());
  const std::size_t record_bytes = archive.label_bytes + image_bytes;
  for (std::size_t record = 0; record < labels.size(); ++record) {
    const std::uint8_t* source = bytes.data() + record * record_bytes;
    const int label = source[archive.label_byte];
    if (label >= archive.classes)
      reject("{}: record {} has the label {}; {} has {} classes", name, record, label, archive.name,
             archive.classes);
    labels[record] = label;

    const std::uint8_t* planes = source + archive.label_bytes;
    std::uint8_t* image = images.data() + record * image_bytes;
    for (int pixel = 0; pixel < plane; ++pixel)
      for (int c = 0; c < channels; ++c) image[pixel * channels + c] = planes[c * plane + pixel];
  }
}

DatasetReader cifar10_reader() {
  return {{{.name = "cifar10", .what = "60,000 photographs of 10 classes, 32x32 (binary version)"},
           [](const Values&, const fs::path& folder) { return load_cifar(cifar10_archive(), folder); }},
          [](const fs::path& folder) { return lies_in(cifar10_archive(), folder); },
          "data_batch_1.bin"};
}

DatasetReader cifar100_reader() {
  const auto load = [](const Values& values, const fs::path& folder) {
    const bool is_fine = values.word("labels") == "fine";
    return load_cifar(cifar100_archive(is_fine ? Cifar100Labels::fine : Cifar100Labels::coarse), folder);
  };
  return {{{.name = "cifar100",
            .what = "60,000 photographs of 100 classes, 32x32 (binary version)",
            .parameters = {parameter::one_of("labels", {"fine", "coarse"},
                                             "the 100 classes, or their 20 superclasses")}},
           load},
          [](const fs::path& folder) { return lies_in(cifar100_archive(Cifar100Labels::fine), folder); },
          "train.bin"};
}

}  // namespace noisegate
