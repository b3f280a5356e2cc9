// Where the operands of a convolution's three products lie. Each is a matrix of rows × depth whose elements
// are copied from images or filters as they are needed, `width` neighbours at once: 4 where the channels come
// in fours, else 1.
//
//   product           rows of A          rows of B          depth
//   forward           output pixels      filters            r, s, c
//   input gradient    input pixels       input channels     r, s, k
//   weight gradient   filters            r, s, c            output pixels
//
// begin() gives a thread what it needs to copy its part of one slice after the other.
#pragma once

#include "engine/cuda/conv2d/tile_product.h"
#include "engine/cuda/conv2d/window.h"

namespace noisegate::cuda {

/// Along one axis, the pixel of the source image at place r of the window of pixel i; −1 where there is none.
struct Axis {
  int stride, padding, extent;  // of the source image
  bool transposed;              // forward: i·stride + r − padding; transposed: the p for which that is i

  NOISEGATE_DEVICE int source(int i, int r) const {
    const int place = transposed ? i + padding - r : i * stride + r - padding;
    const int pixel = transposed ? place / stride : place;
    const bool there = place >= 0 && pixel < extent && (!transposed || place % stride == 0);
    return there ? pixel : -1;
  }
};

/// The windows of a convolution over images of `channels`: a window a pixel of (n, height, width),
/// `filter_width` places in each of its rows.
struct Windowing {
  Axis vertical, horizontal;
  int height, width, channels, filter_width;

  struct Pixel {
    int n, i, j;
  };
  NOISEGATE_DEVICE Pixel pixel(int index) const {
    return {index / (height * width), index / width % height, index % width};
  }
  /// The element of the images at place (r, s) of a pixel's window, channel c; −1 in the padding.
  NOISEGATE_DEVICE int source(const Pixel& pixel, int r, int s, int c) const {
    const int h = vertical.source(pixel.i, r), w = horizontal.source(pixel.j, s);
    if (h < 0 || w < 0) return -1;
    return ((pixel.n * vertical.extent + h) * horizontal.extent + w) * channels + c;
  }
};

/// Which part of a slice a thread copies where rows lie along the depth: `copies` rows, `step` apart.
template <int width>
struct ShareOfRows {
  static constexpr int packs = Tile::slice / width, step = Tile::threads / packs, copies = Tile::size / step;
  NOISEGATE_DEVICE static int row(const Thread& thread, int copy) {
    return thread.index() / packs + copy * step;
  }
  NOISEGATE_DEVICE static int depth(const Thread& thread) { return thread.index() % packs * width; }
};

/// The same where the depth's entries lie along the rows: `copies` of them.
template <int width>
struct ShareOfDepth {
  static constexpr int packs = Tile::size / width, step = Tile::threads / packs, copies = Tile::slice / step;
  NOISEGATE_DEVICE static int row(const Thread& thread) { return thread.index() % packs * width; }
  NOISEGATE_DEVICE static int depth(const Thread& thread, int copy) {
    return thread.index() / packs + copy * step;
  }
};

/// Rows are pixels, the depth is r, s, c of their windows.
template <int width>
struct WindowRows {
  using Layout = DepthMajor;
  using Share = ShareOfRows<width>;
  Span<const float> x;
  Windowing windows;
  int rows, filter_height;

  struct Cursor {
    Windowing::Pixel pixels[Share::copies];  // n is −1 beyond the last row
    int r, s, c;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    Cursor cursor;
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int row = first_row + Share::row(thread, copy);
      cursor.pixels[copy] = row < rows ? windows.pixel(row) : Windowing::Pixel{-1, 0, 0};
    }
    const int depth = first_depth + Share::depth(thread), place = depth / windows.channels;
    cursor.r = place / windows.filter_width;
    cursor.s = place % windows.filter_width;
    cursor.c = depth % windows.channels;
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<float, size>& to,
                                  int at) const {
    for (int copy = 0; copy < Share::copies; ++copy) {
      const Windowing::Pixel& pixel = cursor.pixels[copy];
      const bool inside = pixel.n >= 0 && cursor.r < filter_height;
      const int from = inside ? windows.source(pixel, cursor.r, cursor.s, cursor.c) : -1;
      to.template copy_async<width>(at + Layout::at(Share::row(thread, copy), Share::depth(thread)),
                                    x.template at<width>(from < 0 ? 0 : from), from >= 0);
    }
    for (cursor.c += Tile::slice; cursor.c >= windows.channels; cursor.c -= windows.channels)
      if (++cursor.s == windows.filter_width) cursor.s = 0, ++cursor.r;
  }
};

/// A matrix (rows, depth) as it lies in memory.
template <int width>
struct MatrixRows {
  using Layout = DepthMajor;
  using Share = ShareOfRows<width>;
  Span<const float> values;
  int rows, depth;

  struct Cursor {
    int row, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row, first_depth + Share::depth(thread)};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<float, size>& to,
                                  int at) const {
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int row = cursor.row + Share::row(thread, copy);
      const bool inside = row < rows && cursor.depth < depth;
      to.template copy_async<width>(at + Layout::at(Share::row(thread, copy), Share::depth(thread)),
                                    values.template at<width>(inside ? row * depth + cursor.depth : 0),
                                    inside);
    }
    cursor.depth += Tile::slice;
  }
};

/// A matrix (depth, rows) as it lies in memory: the rows are its columns.
template <int width>
struct MatrixColumns {
  using Layout = RowMajor;
  using Share = ShareOfDepth<width>;
  Span<const float> values;
  int rows, depth;

  struct Cursor {
    int row, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row + Share::row(thread), first_depth};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<float, size>& to,
                                  int at) const {
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int deep = cursor.depth + Share::depth(thread, copy);
      const bool inside = cursor.row < rows && deep < depth;
      to.template copy_async<width>(at + Layout::at(Share::row(thread), Share::depth(thread, copy)),
                                    values.template at<width>(inside ? deep * rows + cursor.row : 0), inside);
    }
    cursor.depth += Tile::slice;
  }
};

/// Rows are r, s, c of the windows, the depth is their pixels.
template <int width>
struct WindowColumns {
  using Layout = RowMajor;
  using Share = ShareOfDepth<width>;
  Span<const float> x;
  Windowing windows;
  int rows, depth;

  struct Cursor {
    bool inside;
    int r, s, c, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    const int row = first_row + Share::row(thread), place = row / windows.channels;
    return {row < rows, place / windows.filter_width, place % windows.filter_width, row % windows.channels,
            first_depth};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<float, size>& to,
                                  int at) const {
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int pixel = cursor.depth + Share::depth(thread, copy);
      const bool inside = cursor.inside && pixel < depth;
      const int from = inside ? windows.source(windows.pixel(pixel), cursor.r, cursor.s, cursor.c) : -1;
      to.template copy_async<width>(at + Layout::at(Share::row(thread), Share::depth(thread, copy)),
                                    x.template at<width>(from < 0 ? 0 : from), from >= 0);
    }
    cursor.depth += Tile::slice;
  }
};

}  // namespace noisegate::cuda
