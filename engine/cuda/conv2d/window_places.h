// The windows of a convolution as implicit GEMM walks through them, without divisions in the loop.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"

#include <cstdint>

namespace noisegate::cuda {

/// The windows of a convolution over images, one per pixel (n, i, j) of `height` × `width`, `rows` in all. In
/// the forward product they lie over x, one per output pixel. If `transposed` they lie over dy, one per input
/// pixel: places r for which p = (i + padding − r)/stride is no whole number or lies outside count as
/// padding.
struct WindowPlaces {
  int rows, height, width;                  // the pixels
  int image_height, image_width, channels;  // the images
  int filter_height, filter_width, stride, padding;
  bool transposed;

  static constexpr int most = 16;  // the largest height and width of a filter

  struct Position {
    int n, i, j;
  };
  NOISEGATE_HD Position position(int row) const {
    return {row / (height * width), row / width % height, row % width};
  }
  /// Advances a position by `by` = position(rows) without a division.
  NOISEGATE_DEVICE Position advanced(Position at, const Position& by) const {
    at.j += by.j, at.i += by.i, at.n += by.n;
    if (at.j >= width) at.j -= width, ++at.i;
    if (at.i >= height) at.i -= height, ++at.n;
    return at;
  }

  struct Pixel {
    int first;            // element of the image at place (0, 0), which may lie outside
    std::uint32_t there;  // bit r: row r of the window is inside, bit 16 + s: column s is inside
  };
  NOISEGATE_DEVICE Pixel pixel(const Position& at) const {
    const int top = transposed ? (at.i + padding) / stride : at.i * stride - padding;
    const int left = transposed ? (at.j + padding) / stride : at.j * stride - padding;
    return {((at.n * image_height + top) * image_width + left) * channels,
            inside(at.i, filter_height, image_height) | inside(at.j, filter_width, image_width) << most};
  }
  /// Returns the distance of a place from `first`: the same for every pixel at which the place is inside.
  NOISEGATE_DEVICE int offset(int r, int s) const {
    const int down = transposed ? -(r / stride) : r, right = transposed ? -(s / stride) : s;
    return (down * image_width + right) * channels;
  }
  NOISEGATE_DEVICE static bool has(const Pixel& pixel, int r, int s) {
    return (pixel.there >> r & pixel.there >> (most + s) & 1) != 0;
  }

 private:
  /// Returns, as bits, which places of a window along one axis are inside.
  NOISEGATE_DEVICE std::uint32_t inside(int i, int size, int extent) const {
    if (!transposed) {
      const int first = i * stride - padding, begin = first < 0 ? -first : 0;
      const int end = extent - first < size ? extent - first : size;
      return begin < end ? (1u << end) - (1u << begin) : 0;
    }
    std::uint32_t bits = 0;
    for (int r = 0; r < size; ++r) {
      const int place = i + padding - r;
      if (place >= 0 && place % stride == 0 && place / stride < extent) bits |= 1u << r;
    }
    return bits;
  }
};

/// A place in the depth r, s, c (or k) that advances by slices.
struct PlaceInDepth {
  int r, s, c;

  NOISEGATE_DEVICE static PlaceInDepth of(int depth, int channels, int filter_width) {
    const int place = depth / channels;
    return {place / filter_width, place % filter_width, depth % channels};
  }
  NOISEGATE_DEVICE void advance(int by, int channels, int filter_width) {
    for (c += by; c >= channels; c -= channels)
      if (++s == filter_width) s = 0, ++r;
  }
};

inline int narrow(std::int64_t count) {
  return static_cast<int>(count);
}

/// Makes the windows over x, one per output pixel, and over dy, one per input pixel; the images have
/// `channels` channels in memory.
inline WindowPlaces windows_over_x(const Convolution& conv, std::int64_t channels) {
  return {narrow(conv.y.count() / conv.y.channels),
          narrow(conv.y.height),
          narrow(conv.y.width),
          narrow(conv.x.height),
          narrow(conv.x.width),
          narrow(channels),
          narrow(conv.weight.height),
          narrow(conv.weight.width),
          narrow(conv.rows.stride),
          narrow(conv.rows.padding),
          false};
}
inline WindowPlaces windows_over_dy(const Convolution& conv, std::int64_t channels) {
  return {narrow(conv.x.count() / conv.x.channels),
          narrow(conv.x.height),
          narrow(conv.x.width),
          narrow(conv.y.height),
          narrow(conv.y.width),
          narrow(channels),
          narrow(conv.weight.height),
          narrow(conv.weight.width),
          narrow(conv.rows.stride),
          narrow(conv.rows.padding),
          true};
}

}  // namespace noisegate::cuda
