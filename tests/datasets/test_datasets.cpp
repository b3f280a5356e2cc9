#include "datasets/cifar.h"
#include "datasets/dataset.h"
#include "datasets/synthetic.h"
#include "engine/device.h"
#include "engine/random.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <doctest/doctest.h>

using namespace noisegate;
namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

namespace {

void write(const fs::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.good());
}

/// Records with these labels; pixel (y, x) of plane c of record r is byte r + 31·c + 7·y + x.
Bytes records(const std::vector<Bytes>& labels) {
  Bytes bytes;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    bytes.insert(bytes.end(), labels[r].begin(), labels[r].end());
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) bytes.push_back(static_cast<std::uint8_t>(r + 31 * c + 7 * y + x));
  }
  return bytes;
}

CifarArchive small_cifar10() {
  CifarArchive archive = cifar10_archive();
  archive.train_records = 2;
  archive.test_records = 1;
  return archive;
}

void write_small_cifar10(const fs::path& folder) {
  fs::create_directories(folder);
  for (std::uint8_t i = 0; i < 5; ++i)
    write(folder / fmt::format("data_batch_{}.bin", i + 1),
          records({{i}, {static_cast<std::uint8_t>(9 - i)}}));
  write(folder / "test_batch.bin", records({{8}}));
}

/// A file of zeros that takes no space on the disk.
void write_zeros(const fs::path& path, std::uintmax_t bytes) {
  std::ofstream(path).flush();
  fs::resize_file(path, bytes);
}

std::uint64_t fnv1a(const Bytes& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

ImageSet labelled(const std::vector<std::int32_t>& labels) {
  ImageSet set;
  Bytes pixels;
  for (std::size_t i = 0; i < labels.size(); ++i) pixels.push_back(static_cast<std::uint8_t>(i));
  set.images = Tensor::from(pixels, {static_cast<std::int64_t>(labels.size()), 1, 1, 1});
  set.truth = labels;
  set.given = labels;
  return set;
}

}  // namespace

TEST_CASE("CIFAR-10: labels and planes of every batch, in order") {
  const TemporaryFolder folder;
  write_small_cifar10(folder.path());
  const Dataset data = load_cifar(small_cifar10(), folder.path());

  CHECK(data.name == "cifar10");
  CHECK(data.classes == 10);
  CHECK(data.class_names[9] == "truck");
  CHECK(data.train.images.shape() == Shape{10, 32, 32, 3});
  CHECK(data.train.truth == std::vector<std::int32_t>{0, 9, 1, 8, 2, 7, 3, 6, 4, 5});
  CHECK(data.train.given == data.train.truth);
  CHECK(data.test.truth == std::vector<std::int32_t>{8});
  const Bytes pixels = data.train.images.to_vector<std::uint8_t>();
  for (const int sample : {0, 1, 7})
    for (const int y : {0, 5, 31})
      for (const int x : {0, 17, 31})
        for (int c = 0; c < 3; ++c)
          CHECK(pixels[((sample * 32 + y) * 32 + x) * 3 + c] ==
                static_cast<std::uint8_t>(sample % 2 + 31 * c + 7 * y + x));
}

TEST_CASE("CIFAR-10: the archive's own folder is found inside, and class names are read") {
  const TemporaryFolder folder;
  const fs::path inside = folder.path() / "cifar-10-batches-bin";
  write_small_cifar10(inside);
  std::ofstream(inside / "batches.meta.txt") << "a\nb\nc\nd\r\ne\nf\ng\nh\ni\nj\n\n";
  const Dataset data = load_cifar(small_cifar10(), folder.path());
  CHECK(data.train.size() == 10);
  CHECK(data.class_names == std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});

  std::ofstream(inside / "batches.meta.txt") << "a\nb\n";
  check_error([&] { load_cifar(small_cifar10(), folder.path()); }, {"batches.meta.txt", "2 classes", "10"});
}

TEST_CASE("CIFAR-100: fine and coarse labels") {
  const TemporaryFolder folder;
  write(folder.path() / "train.bin", records({{19, 99}, {3, 42}}));
  write(folder.path() / "test.bin", records({{0, 7}}));
  CifarArchive fine = cifar100_archive(Cifar100Labels::fine);
  fine.train_records = 2;
  fine.test_records = 1;
  const Dataset data = load_cifar(fine, folder.path());
  CHECK(data.classes == 100);
  CHECK(data.train.truth == std::vector<std::int32_t>{99, 42});
  CHECK(data.test.truth == std::vector<std::int32_t>{7});
  CHECK(data.class_names[42] == "42");
  CHECK(data.train.images.to_vector<std::uint8_t>()[1] == 31);  // the green plane follows both labels

  CifarArchive coarse = cifar100_archive(Cifar100Labels::coarse);
  coarse.train_records = 2;
  coarse.test_records = 1;
  CHECK(load_cifar(coarse, folder.path()).classes == 20);
  CHECK(load_cifar(coarse, folder.path()).train.truth == std::vector<std::int32_t>{19, 3});
}

TEST_CASE("the published archives have 50,000 and 10,000 records") {
  const TemporaryFolder folder;
  for (int i = 1; i <= 5; ++i) write_zeros(folder.path() / fmt::format("data_batch_{}.bin", i), 30'730'000);
  write_zeros(folder.path() / "test_batch.bin", 30'730'000);
  const Dataset cifar10 = load_dataset(Spec("cifar10", "--dataset"), folder.path());
  CHECK(cifar10.train.size() == 50000);
  CHECK(cifar10.test.size() == 10000);

  write_zeros(folder.path() / "train.bin", 153'700'000);
  write_zeros(folder.path() / "test.bin", 30'740'000);
  CHECK(load_dataset(Spec("cifar100", "--dataset"), folder.path()).train.size() == 50000);
  CHECK(load_dataset(Spec("cifar100:labels=coarse", "--dataset"), folder.path()).classes == 20);
}

TEST_CASE("wrong CIFAR files are refused with the reason") {
  const TemporaryFolder folder;
  const auto load = [&] { load_cifar(small_cifar10(), folder.path()); };
  write_small_cifar10(folder.path());

  SUBCASE("no such folder") {
    check_error([&] { load_cifar(small_cifar10(), folder.path() / "nowhere"); },
                {"nowhere", "no such folder"});
    check_error([&] { load_cifar(small_cifar10(), folder.path() / "test_batch.bin"); }, {"no such folder"});
    check_error([&] { load_cifar(small_cifar10(), ""); }, {"cifar10", "--data"});
  }
  SUBCASE("a batch is missing") {
    fs::remove(folder.path() / "data_batch_3.bin");
    check_error(load, {"data_batch_3.bin", "not there"});
    fs::create_directory(folder.path() / "data_batch_3.bin");
    check_error(load, {"data_batch_3.bin", "not there"});
  }
  SUBCASE("a file is too short, too long, or empty") {
    for (const std::uintmax_t size : {std::uintmax_t{6145}, std::uintmax_t{6147}, std::uintmax_t{0}}) {
      fs::resize_file(folder.path() / "data_batch_2.bin", size);
      check_error(load, {"data_batch_2.bin", fmt::format("{} bytes", size), "2 records", "6146"});
    }
  }
  SUBCASE("a label is out of range") {
    write(folder.path() / "data_batch_4.bin", records({{1}, {10}}));
    check_error(load, {"data_batch_4.bin", "record 1", "label 10", "10 classes"});
  }
  SUBCASE("bytes of another length than the labels take") {
    const Bytes bytes = records({{1}, {2}});
    Bytes images(3 * 3072);
    std::vector<std::int32_t> labels(3);
    check_error([&] { decode_cifar(bytes, small_cifar10(), "some bytes", images, labels); },
                {"some bytes", "6146 bytes", "3 records"});
  }
}

TEST_CASE("unknown datasets and parameters are refused with the known ones") {
  const auto load = [](const std::string& spec) { load_dataset(Spec(spec, "--dataset"), ""); };
  check_error([&] { load("imagenet"); },
              {"--dataset", "imagenet", "cifar10, cifar100, mnist, fashion-mnist, list, synthetic"});
  check_error([&] { load("cifar10:labels=fine"); }, {"cifar10", "no parameters"});
  check_error([&] { load("cifar100:labels=superfine"); }, {"superfine", "must be one of fine, coarse"});
  check_error([&] { load("synthetic:size=3"); }, {"size", "train, test, seed"});
  check_error([&] { load("synthetic:train=0"); }, {"train"});
}

TEST_CASE("the synthetic set is the same on every machine and number of threads") {
  const Dataset data = make_synthetic({.train = 100, .test = 50, .seed = 0});
  CHECK(data.classes == 10);
  CHECK(data.class_names.size() == 10);
  CHECK(data.train.images.shape() == Shape{100, 32, 32, 3});
  CHECK(data.test.size() == 50);
  const Bytes train = data.train.images.to_vector<std::uint8_t>();
  const Bytes test = data.test.images.to_vector<std::uint8_t>();
  CHECK(fnv1a(train) == 7093279899208427971u);
  CHECK(fnv1a(test) == 7385566245768896455u);

  const int threads = thread_count();
  set_thread_count(3);
  const Dataset longer = load_dataset(Spec("synthetic:train=120,test=50", "--dataset"), "");
  set_thread_count(threads);
  CHECK(first(longer.train, 100).images.to_vector<std::uint8_t>() == train);
  CHECK(longer.test.images.to_vector<std::uint8_t>() == test);
  CHECK(make_synthetic({.train = 100, .test = 50, .seed = 1}).train.images.to_vector<std::uint8_t>() !=
        train);
}

TEST_CASE("the synthetic set is balanced, and its colours say nothing of the class") {
  const Dataset data = make_synthetic({.train = 5000, .test = 10, .seed = 0});
  const Bytes pixels = data.train.images.to_vector<std::uint8_t>();
  std::array<double, 3> sum{}, squares{};
  std::vector<double> class_sum(10);
  std::vector<int> samples(10);
  for (std::int64_t i = 0; i < data.train.size(); ++i) {
    ++samples[data.train.truth[i]];
    for (int k = 0; k < 3072; ++k) {
      const double value = pixels[i * 3072 + k] / 255.0;
      sum[k % 3] += value;
      squares[k % 3] += value * value;
      class_sum[data.train.truth[i]] += value;
    }
  }
  const double count = 5000.0 * 1024;
  for (int c = 0; c < 3; ++c) {
    const double mean = sum[c] / count;
    CHECK(std::abs(mean - data.mean[c]) < 0.01);
    CHECK(std::abs(std::sqrt(squares[c] / count - mean * mean) - data.deviation[c]) < 0.01);
  }
  for (int label = 0; label < 10; ++label) {
    CHECK(samples[label] == 500);
    // An image's mean has a deviation of about 0.15: this is four standard errors over 500 images.
    CHECK(std::abs(class_sum[label] / (500 * 3072) - data.mean[0]) < 0.03);
  }
}

TEST_CASE("subsets and the first samples") {
  ImageSet set = labelled({3, 1, 4, 1, 5});
  set.given = {0, 1, 2, 3, 4};
  const ImageSet chosen = subset(set, {4, 0, 0});
  CHECK(chosen.images.to_vector<std::uint8_t>() == Bytes{4, 0, 0});
  CHECK(chosen.truth == std::vector<std::int32_t>{5, 3, 3});
  CHECK(chosen.given == std::vector<std::int32_t>{4, 0, 0});
  CHECK(first(set, 2).truth == std::vector<std::int32_t>{3, 1});
  CHECK(first(set, 5).size() == 5);

  check_error([&] { subset(set, {5}); }, {"sample 5", "set of 5"});
  check_error([&] { first(set, 6); }, {"--limit 6", "5 samples"});
  check_error([&] { first(set, 0); }, {"--limit 0"});
}

TEST_CASE("the validation split is even over the classes, disjoint and in order") {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 90; ++i) labels.push_back(i % 3 == 0 ? 0 : i % 2 + 1);  // 30 of each
  for (int i = 0; i < 10; ++i) labels.push_back(3);
  const ImageSet set = labelled(labels);
  const auto [rest, held_out] = split_validation(set, 0.1, 1);

  const auto count = [](const ImageSet& part, int label) {
    return std::count(part.given.begin(), part.given.end(), label);
  };
  CHECK(held_out.size() == 10);
  CHECK(rest.size() == 90);
  for (const int label : {0, 1, 2}) CHECK(count(held_out, label) == 3);
  CHECK(count(held_out, 3) == 1);

  const Bytes left = rest.images.to_vector<std::uint8_t>(), out = held_out.images.to_vector<std::uint8_t>();
  CHECK(std::is_sorted(left.begin(), left.end()));
  CHECK(std::is_sorted(out.begin(), out.end()));
  Bytes all = left;
  all.insert(all.end(), out.begin(), out.end());
  std::sort(all.begin(), all.end());
  CHECK(all == set.images.to_vector<std::uint8_t>());

  CHECK(split_validation(set, 0.1, 1).second.images.to_vector<std::uint8_t>() == out);
  CHECK(split_validation(set, 0.1, 2).second.images.to_vector<std::uint8_t>() != out);
}

TEST_CASE("the validation split holds out its share where classes do not divide") {
  const auto [rest, held_out] = split_validation(labelled({0, 1, 0, 1, 0, 2, 0}), 0.5, 1);
  CHECK(held_out.size() == 4);  // 3.5, rounded
  CHECK(std::count(held_out.given.begin(), held_out.given.end(), 0) == 2);
  CHECK(std::count(held_out.given.begin(), held_out.given.end(), 1) == 1);

  const ImageSet set = labelled({0, 1, 0});
  for (const double fraction : {0.0, 1.0, -0.5, 0.01, std::nan("")})
    check_error([&] { split_validation(set, fraction, 1); }, {"validation share"});
}
