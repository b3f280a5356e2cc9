// A forward convolution as a matrix product: y[row, column] = Σ over the depth of window(row, d) ·
// filter(column, d), where a row is an output pixel, a column a filter, and the depth runs over r, s, c. The
// filters lie in memory as that matrix; the kernels gather the windows from the images.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"

namespace noisegate::cuda {

struct ImplicitGemm {
  int rows, columns, depth;
  int out_height, out_width;
  int height, width, channels;  // of x
  int filter_width, stride, padding;

  explicit ImplicitGemm(const Convolution& conv)
      : columns(static_cast<int>(conv.y.channels)),
        out_height(static_cast<int>(conv.y.height)),
        out_width(static_cast<int>(conv.y.width)),
        height(static_cast<int>(conv.x.height)),
        width(static_cast<int>(conv.x.width)),
        channels(static_cast<int>(conv.x.channels)),
        filter_width(static_cast<int>(conv.weight.width)),
        stride(static_cast<int>(conv.rows.stride)),
        padding(static_cast<int>(conv.rows.padding)) {
    rows = static_cast<int>(conv.y.images) * out_height * out_width;
    depth = static_cast<int>(conv.weight.height) * filter_width * channels;
  }

  /// The corner of an output pixel's window; n is −1 beyond the last row.
  struct Window {
    int n, top, left;
  };
  NOISEGATE_DEVICE Window window(int row) const {
    if (row >= rows) return {-1, 0, 0};
    const int n = row / (out_height * out_width), p = row / out_width % out_height, q = row % out_width;
    return {n, p * stride - padding, q * stride - padding};
  }
  /// A place of the windows.
  struct Place {
    int r, s, c;
  };
  NOISEGATE_DEVICE Place place(int d) const {
    return {d / (filter_width * channels), d / channels % filter_width, d % channels};
  }
  /// Returns the index of x's element at that place; −1 in the padding and beyond the last row.
  NOISEGATE_DEVICE int element(const Window& window, const Place& place) const {
    const int h = window.top + place.r, w = window.left + place.s;
    if (window.n < 0 || h < 0 || h >= height || w < 0 || w >= width) return -1;
    return ((window.n * height + h) * width + w) * channels + place.c;
  }
};

}  // namespace noisegate::cuda
