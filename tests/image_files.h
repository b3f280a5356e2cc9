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
