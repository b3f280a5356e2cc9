// Sets in MNIST's form, written by a test.
#pragma once

#include "tests/image_files.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

namespace noisegate {

/// An idx file of bytes with these dimensions and values, which need not fit together.
inline std::vector<std::byte> idx(const std::vector<std::uint32_t>& shape,
                                  const std::vector<std::uint8_t>& values) {
  const std::size_t header = 4 + 4 * shape.size();
  std::vector<std::byte> bytes(header + values.size());
  bytes[2] = std::byte{8};
  bytes[3] = static_cast<std::byte>(shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d)
    for (int i = 0; i < 4; ++i)
      bytes[4 + 4 * d + i] = static_cast<std::byte>(shape[d] >> (24 - 8 * i) & 0xff);
  for (std::size_t i = 0; i < values.size(); ++i) bytes[header + i] = std::byte{values[i]};
  return bytes;
}

inline std::vector<std::byte> gzip(const std::vector<std::byte>& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::vector<std::byte> packed(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Images of `side` pixels each way whose brightness says their label: sample i has the label i mod 10.
inline void write_mnist_like(const std::filesystem::path& folder, int train, int test, int side,
                             bool packed) {
  const auto write = [&](const std::string& name, const std::vector<std::byte>& bytes) {
    write_bytes(folder / (packed ? name + ".gz" : name), packed ? gzip(bytes) : bytes);
  };
  for (const auto& [prefix, samples] : {std::pair{"train", train}, {"t10k", test}}) {
    std::vector<std::uint8_t> pixels, labels;
    for (int i = 0; i < samples; ++i) {
      labels.push_back(static_cast<std::uint8_t>(i % 10));
      for (int p = 0; p < side * side; ++p)
        pixels.push_back(static_cast<std::uint8_t>(25 * (i % 10) + p % 7));
    }
    const auto count = static_cast<std::uint32_t>(samples), pixels_a_side = static_cast<std::uint32_t>(side);
    write(std::string(prefix) + "-images-idx3-ubyte", idx({count, pixels_a_side, pixels_a_side}, pixels));
    write(std::string(prefix) + "-labels-idx1-ubyte", idx({count}, labels));
  }
}

}  // namespace noisegate
