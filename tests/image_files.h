// Images as files in memory or on the disk, for tests of what reads them.
#pragma once

#include "datasets/image.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <vector>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace noisegate {

inline void append_bytes(void* bytes, void* data, int size) {
  const auto* begin = static_cast<const std::byte*>(data);
  for (int i = 0; i < size; ++i) static_cast<std::vector<std::byte>*>(bytes)->push_back(begin[i]);
}

inline std::vector<std::byte> png(const Image& image) {
  std::vector<std::byte> bytes;
  stbi_write_png_to_func(append_bytes, &bytes, image.width, image.height, image.channels, image.pixels.data(),
                         image.width * image.channels);
  return bytes;
}

inline std::vector<std::byte> jpeg(const Image& image, int quality = 95) {
  std::vector<std::byte> bytes;
  stbi_write_jpg_to_func(append_bytes, &bytes, image.width, image.height, image.channels, image.pixels.data(),
                         quality);
  return bytes;
}

/// The PNG file with the checksum of each chunk put right, so that what was changed in it is what is looked
/// at.
inline std::vector<std::byte> with_right_checksums(std::vector<std::byte> file) {
  auto* bytes = reinterpret_cast<unsigned char*>(file.data());
  const auto byte_of = [](std::size_t number, int i) {
    return static_cast<unsigned char>(number >> (24 - 8 * i));
  };
  for (std::size_t at = 8; at + 12 <= file.size();) {
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | bytes[at + i];
    if (length > file.size() - at - 12) break;
    const auto sum = stbiw__crc32(bytes + at + 4, static_cast<int>(length) + 4);
    for (int i = 0; i < 4; ++i) bytes[at + 8 + length + i] = byte_of(sum, i);
    at += length + 12;
  }
  return file;
}

inline void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// One colour everywhere.
inline Image plain_image(int height, int width, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image image(height, width, 3);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = r;
    image.pixels[i + 1] = g;
    image.pixels[i + 2] = b;
  }
  return image;
}

}  // namespace noisegate
