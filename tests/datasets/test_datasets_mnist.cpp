#include "datasets/idx.h"
#include "datasets/mnist.h"
#include "engine/io/gzip.h"
#include "tests/check_error.h"
#include "tests/idx_files.h"
#include "tests/temporary_folder.h"

#include <doctest/doctest.h>

using namespace noisegate;
namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

namespace {

/// What gunzip makes of the bytes, as bytes again.
Bytes unpacked(const Bytes& packed, std::size_t most) {
  Bytes bytes;
  for (const std::uint8_t value : gunzip(packed, "f.gz", most)) bytes.push_back(std::byte{value});
  return bytes;
}

}  // namespace

TEST_CASE("MNIST: plain and packed files give the same set") {
  const TemporaryFolder plain, packed;
  write_mnist_like(plain.path(), 23, 11, 6, false);
  write_mnist_like(packed.path() / "mnist", 23, 11, 6, true);
  const Dataset data = load_mnist(mnist_archive(), plain.path());
  CHECK(data.name == "mnist");
  CHECK(data.classes == 10);
  CHECK(data.train.images.shape() == Shape{23, 6, 6, 1});
  CHECK(data.test.size() == 11);
  CHECK(data.train.truth[22] == 2);
  CHECK(data.train.given == data.train.truth);
  CHECK(data.train.images.to_vector<std::uint8_t>()[22 * 36 + 8] == 51);
  CHECK(data.mean[0] == 0.1307f);

  const Dataset same = load_mnist(mnist_archive(), packed.path());
  CHECK(same.train.images.to_vector<std::uint8_t>() == data.train.images.to_vector<std::uint8_t>());
  CHECK(same.test.truth == data.test.truth);

  const Dataset fashion = load_dataset(Spec("fashion-mnist", "--dataset"), plain.path());
  CHECK(fashion.class_names[9] == "ankle boot");
  CHECK(fashion.deviation[0] == 0.3530f);
}

TEST_CASE("MNIST: files that are missing or do not fit together are named") {
  const TemporaryFolder folder;
  const auto load = [&] { load_mnist(mnist_archive(), folder.path()); };
  check_error([&] { load_mnist(mnist_archive(), ""); }, {"mnist needs --data", "train-images-idx3-ubyte"});
  check_error([&] { load_mnist(mnist_archive(), folder.path() / "nowhere"); }, {"nowhere", "no such folder"});
  check_error(load, {"mnist needs the file", "train-images-idx3-ubyte", ".gz"});
  write_mnist_like(folder.path(), 4, 3, 5, false);
  load();

  write_bytes(folder.path() / "t10k-labels-idx1-ubyte", idx({2}, {1, 2}));
  check_error(load, {"t10k-labels-idx1-ubyte", "2 labels", "3 images"});
  write_bytes(folder.path() / "t10k-labels-idx1-ubyte", idx({3}, {1, 10, 2}));
  check_error(load, {"t10k-labels-idx1-ubyte", "label 1 is 10", "10 classes"});
  write_bytes(folder.path() / "t10k-labels-idx1-ubyte", idx({1}, {1}));
  write_bytes(folder.path() / "t10k-images-idx3-ubyte", idx({1, 2, 5}, std::vector<std::uint8_t>(10)));
  check_error(load, {"5x5", "2x5"});
  write_bytes(folder.path() / "t10k-images-idx3-ubyte", idx({0, 28, 28}, {}));
  write_bytes(folder.path() / "t10k-labels-idx1-ubyte", idx({0}, {}));
  check_error(load, {"t10k-images-idx3-ubyte", "no pixel"});
}

TEST_CASE("idx: headers that lie are refused, plain and packed") {
  const std::vector<std::uint8_t> six = {1, 2, 3, 4, 5, 6};
  CHECK(parse_idx(idx({2, 3}, six), "f", 2).values == six);
  CHECK(parse_idx(gzip(idx({2, 3}, six)), "f", 2).shape == std::vector<std::int64_t>{2, 3});
  CHECK(parse_idx(idx({0, 3}, {}), "f", 2).values.empty());
  for (const bool packed : {false, true}) {
    const auto parse = [&](const Bytes& bytes, int rank) {
      return [=] { parse_idx(packed ? gzip(bytes) : bytes, "labels.idx", rank); };
    };
    check_error(parse(idx({2, 4}, six), 2), {"labels.idx", "fewer bytes", "8 values of 2x4"});
    check_error(parse(idx({2, 2}, six), 2), {"labels.idx", "more bytes", "4 values"});
    check_error(parse(idx({0, 2}, six), 2), {"more bytes"});
    check_error(parse(idx({6}, six), 3), {"labels.idx", "no idx file", "3 dimensions", "00 00 08 01"});
    check_error(parse(idx({0xffffffff, 0xffffffff, 0xffffffff}, six), 3), {"labels.idx", "more than 1 GiB"});
    check_error(parse(idx({60000, 28, 28}, six), 3), {"fewer bytes", "47040000"});
    check_error(parse(Bytes(3), 1), {"too short"});
    check_error(parse({std::byte{0}, std::byte{0}, std::byte{8}, std::byte{1}, std::byte{9}}, 1),
                {"too short"});
    Bytes floats = idx({6}, six);
    floats[2] = std::byte{0x0d};
    check_error(parse(floats, 1), {"no idx file", "00 00 0d 01"});
  }
  check_error([] { parse_idx({}, "empty", 1); }, {"empty", "too short"});
}

TEST_CASE("gzip: unpacks to the end or as far as asked, and names files that are damaged") {
  const Bytes bytes(100'000, std::byte{7});
  const Bytes packed = gzip(bytes);
  CHECK(is_gzip(packed));
  CHECK_FALSE(is_gzip(bytes));
  CHECK(unpacked(packed, 200'000) == bytes);
  CHECK(unpacked(packed, 100'000) == bytes);
  CHECK(unpacked(packed, 10).size() == 10);
  check_error([&] { gunzip(std::span(packed).first(packed.size() / 2), "f.gz", 200'000); },
              {"f.gz", "ends in the middle"});
  Bytes damaged = packed;
  damaged[damaged.size() - 6] ^= std::byte{1};  // of the checksum
  check_error([&] { gunzip(damaged, "f.gz", 200'000); }, {"f.gz", "no sound gzip file"});
}

TEST_CASE("MNIST: counts that differ are told before the images are unpacked") {
  const TemporaryFolder folder;
  write_mnist_like(folder.path(), 4, 3, 5, false);
  fs::remove(folder.path() / "train-images-idx3-ubyte");
  Bytes images = gzip(idx({1000, 28, 28}, std::vector<std::uint8_t>(1000 * 28 * 28, 7)));
  for (std::size_t at = images.size() / 2; at < images.size(); ++at) images[at] = std::byte{0xff};
  write_bytes(folder.path() / "train-images-idx3-ubyte.gz", images);
  check_error([&] { load_mnist(mnist_archive(), folder.path()); }, {"4 labels for the 1000 images"});
}

TEST_CASE("gzip bombs: no more is unpacked than the idx header promises") {
  Bytes bomb = idx({3}, {1, 2, 3});
  bomb.resize(256 << 20);  // zeros, 1000 times smaller when packed
  const Bytes packed = gzip(bomb);
  CHECK(packed.size() < (1 << 20));
  check_error([&] { parse_idx(packed, "bomb.gz", 1); }, {"bomb.gz", "more bytes", "3 values"});
  CHECK(gunzip(packed, "bomb.gz", 12).size() == 12);
  CHECK(gunzip(packed, "bomb.gz", 12).capacity() < 100);
}
