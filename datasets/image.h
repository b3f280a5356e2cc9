// One image in memory: rows of pixels, each of `channels` bytes. Grey has 1 channel; colour has 3 (red,
// green, blue) in storage and 4, the last unused, during processing: a pixel is then a word, many of which
// fit a vector instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace noisegate {

struct ImageView;

struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;  // height·width·channels

  Image() = default;
  explicit Image(const ImageView& view);
  /// Makes a black image.
  Image(int height_, int width_, int channels_)
      : height(height_),
        width(width_),
        channels(channels_),
        pixels(static_cast<std::size_t>(height_) * width_ * channels_) {}
};

/// A view of an image in other memory.
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int height = 0, width = 0, channels = 0;

  ImageView() = default;
  ImageView(const std::uint8_t* pixels_, int height_, int width_, int channels_)
      : pixels(pixels_), height(height_), width(width_), channels(channels_) {}
  ImageView(const Image& image) : ImageView(image.pixels.data(), image.height, image.width, image.channels) {}

  std::size_t size() const { return static_cast<std::size_t>(height) * width * channels; }
  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * width * channels; }
};

inline Image::Image(const ImageView& view) : Image(view.height, view.width, view.channels) {
  pixels.assign(view.pixels, view.pixels + view.size());
}

/// The size of a batch's images, and how an image of another size is brought to it: its shorter side is
/// resized to `resize` pixels (0: no resizing); then the middle is cut out, unless an augmentation crops.
struct ImageFit {
  int height = 0, width = 0;
  int resize = 0;
};

}  // namespace noisegate
