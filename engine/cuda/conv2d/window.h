// Windows over images in kernels: plain numbers, and the windows that cover a pixel.
#pragma once

#include "engine/host_device.h"
#include "engine/tensor.h"

#include <cstdint>

namespace noisegate::cuda {

/// The extents of images N, H, W, C and the index of the element at (n, h, w, c).
struct Extents {
  std::int64_t images, height, width, channels;

  static Extents of(const Shape& shape) { return {shape[0], shape[1], shape[2], shape[3]}; }
  Shape shape() const { return {images, height, width, channels}; }
  std::int64_t count() const { return images * height * width * channels; }
  NOISEGATE_HD std::int64_t at(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c) const {
    return ((n * height + h) * width + w) * channels + c;
  }
};

/// The coordinates of an element of images.
struct Element {
  std::int64_t n, h, w, c;

  NOISEGATE_HD static Element of(const Extents& extents, std::int64_t i) {
    const std::int64_t pixel = i / extents.channels, row = pixel / extents.width;
    return {row / extents.height, row % extents.height, pixel % extents.width, i % extents.channels};
  }
};

/// [begin, end)
struct Range {
  std::int64_t begin, end;
};

/// Windows along one axis: of `size`, `stride` apart, over an image with `padding` in front.
struct Windows {
  std::int64_t size, stride, padding;

  /// Returns how many windows fit an image of this extent.
  NOISEGATE_HD std::int64_t count(std::int64_t extent) const {
    return (extent + 2 * padding - size) / stride + 1;
  }
  /// Returns the pixel at a place of window p; outside the image in the padding.
  NOISEGATE_HD std::int64_t pixel(std::int64_t p, std::int64_t place) const {
    return p * stride + place - padding;
  }
  /// Returns the place of a pixel in window p.
  NOISEGATE_HD std::int64_t place(std::int64_t pixel, std::int64_t p) const {
    return pixel + padding - p * stride;
  }
  /// Returns those of `count` windows that cover a pixel: p with 0 ≤ pixel + padding − p·stride < size.
  NOISEGATE_HD Range covering(std::int64_t pixel, std::int64_t count) const {
    const std::int64_t in_first = place(pixel, 0), past = in_first / stride + 1;
    return {in_first < size ? 0 : (in_first - size) / stride + 1, past < count ? past : count};
  }
};

}  // namespace noisegate::cuda
