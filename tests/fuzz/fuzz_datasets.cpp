// The first byte chooses the reader, the others are the file: an idx file, plain or packed, a list, or an
// image, which is then augmented. Now and then the fuzzer goes on from a sound file, which it would not find
// by itself.
#include "datasets/augment/augment_image.h"
#include "datasets/idx.h"
#include "datasets/image_file.h"
#include "datasets/image_list_file.h"
#include "engine/error.h"
#include "engine/io/gzip.h"
#include "tests/idx_files.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

using namespace noisegate;

namespace {

using Bytes = std::span<const std::byte>;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_images(Bytes bytes) {
  const IdxArray array = parse_idx(bytes, "input", 3);
  require(array.shape.size() == 3);
  require(static_cast<std::int64_t>(array.values.size()) == array.shape[0] * array.shape[1] * array.shape[2]);
}

void read_labels(Bytes bytes) {
  const IdxArray array = parse_idx(bytes, "input", 1);
  require(static_cast<std::int64_t>(array.values.size()) == array.shape[0]);
}

void unpack(Bytes bytes) {
  constexpr std::size_t most = 5000;
  require(gunzip(bytes, "input", most).size() <= most);
}

void read_lists(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto attempt = [&](auto parse) {
    try {
      parse(text, "input");
    } catch (const Error& error) {
      require(error.cause() == Error::Cause::input);
    }
  };
  attempt(parse_label_map);
  attempt(parse_class_names);
  for (const ListEntry& entry : parse_list(text, "input"))
    require(!entry.path.empty() && entry.label >= 0 && entry.line >= 1);
}

void read_image(Bytes bytes) {
  const DecodedImage image = decode_image(bytes, "input");
  // Larger ones are decoded too, but would only make the fuzzer slow.
  if (image.view().size() > (1 << 20)) return;
  static const PixelTable table(3, {0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f});
  std::vector<float> output(16 * 12 * 3);
  for (const char* spec : {"randaugment:n=3,m=20+resized-crop+flip+rotation+jitter+cutout:4", "crop:3"}) {
    augment_image(image.view(), {16, 12, 18}, Augmentation::parse(spec), {1, 0, 0}, table, output.data());
    require(std::all_of(output.begin(), output.end(), [](float value) { return std::abs(value) <= 2; }));
  }
}

/// A PNG as it would be if whoever changed it had put its checksums right: behind them there is more to try.
void read_repaired_image(Bytes bytes) {
  read_image(with_right_checksums({bytes.begin(), bytes.end()}));
}

constexpr void (*readers[])(Bytes) = {read_images, read_labels, unpack,
                                      read_lists,  read_image,  read_repaired_image};

/// Sound files, each behind the byte that chooses its reader.
const std::vector<std::vector<std::byte>>& sound_files() {
  const auto behind = [](int reader, std::vector<std::byte> file) {
    file.insert(file.begin(), static_cast<std::byte>(reader));
    return file;
  };
  static const std::vector<std::vector<std::byte>> files = {
      behind(0, idx({2, 3, 3}, std::vector<std::uint8_t>(18, 7))),
      behind(0, gzip(idx({2, 3, 3}, std::vector<std::uint8_t>(18, 7)))),
      behind(1, gzip(idx({5}, {1, 2, 3, 4, 5}))),
      behind(2, gzip(std::vector<std::byte>(6000))),
      behind(4, png(plain_image(9, 7, 1, 99, 200))),
      behind(5, png(plain_image(9, 7, 1, 99, 200))),
      behind(4, jpeg(plain_image(17, 20, 1, 99, 200))),
      behind(4, jpeg(plain_image(17, 20, 1, 99, 200), 50)),
  };
  return files;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  if (seed % 200 == 0) {
    const auto& files = sound_files();
    const auto& file = files[seed / 200 % files.size()];
    size = std::min(file.size(), most);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(file.data()), size, data);
  }
  return LLVMFuzzerMutate(data, size, most);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    readers[data[0] % std::size(readers)](std::as_bytes(std::span(data, size)).subspan(1));
  } catch (const Error& error) {
    require(error.cause() == Error::Cause::input);
  }
  return 0;
}
