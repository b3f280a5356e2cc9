// Where the operands of a convolution's three products lie, for bfloat16: images whose channels come in
// eights, filters of (filters, height, width, channels) in eights of both (bfloat16_convolution.cu makes them
// so). The products are those of tile_operands.h, but the weight gradient's columns go by groups of 32
// channels, the places of the filter within 32 channels one after the other: what a block reads of x for one
// place it reads for the next again, from the nearest cache.
//
// What divides or compares stands in begin(); copy_next() adds.
#pragma once

#include "engine/cuda/conv2d/bfloat16_product.h"
#include "engine/cuda/conv2d/window.h"

namespace noisegate::cuda {

/// The windows of a convolution over images, one a pixel (n, i, j) of `height` × `width`, of which `rows`
/// there are. Forward they lie over x, one an output pixel. `transposed` they lie over dy, one an input
/// pixel: places r whose p = (i + padding − r)/stride is no whole number or outside are not there, as in the
/// padding.
struct WindowPlaces {
  int rows, height, width;                  // of the pixels
  int image_height, image_width, channels;  // of the images
  int filter_height, filter_width, stride, padding;
  bool transposed;

  static constexpr int most = 16;  // of a filter's height and width

  struct Position {
    int n, i, j;
  };
  NOISEGATE_HD Position position(int row) const {
    return {row / (height * width), row / width % height, row % width};
  }
  /// So many rows further on, without a division; `by` is position(rows).
  NOISEGATE_DEVICE Position advanced(Position at, const Position& by) const {
    at.j += by.j, at.i += by.i, at.n += by.n;
    if (at.j >= width) at.j -= width, ++at.i;
    if (at.i >= height) at.i -= height, ++at.n;
    return at;
  }

  struct Pixel {
    int first;            // element of the image at place (0, 0), which need not be inside
    std::uint32_t there;  // bit r: row r of the window, bit 16 + s: column s of it
  };
  NOISEGATE_DEVICE Pixel pixel(const Position& at) const {
    const int top = transposed ? (at.i + padding) / stride : at.i * stride - padding;
    const int left = transposed ? (at.j + padding) / stride : at.j * stride - padding;
    return {((at.n * image_height + top) * image_width + left) * channels,
            inside(at.i, filter_height, image_height) | inside(at.j, filter_width, image_width) << most};
  }
  /// How far from `first` a place is: the same for every pixel at which it is there.
  NOISEGATE_DEVICE int offset(int r, int s) const {
    const int down = transposed ? -(r / stride) : r, right = transposed ? -(s / stride) : s;
    return (down * image_width + right) * channels;
  }
  NOISEGATE_DEVICE static bool has(const Pixel& pixel, int r, int s) {
    return (pixel.there >> r & pixel.there >> (most + s) & 1) != 0;
  }

 private:
  /// Which places of a window along one axis are there, as bits.
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

/// A place in the depth r, s, c (or k), that moves on by slices.
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

/// A: a row a window, the depth its places and channels.
template <class Tile>
struct WindowRows16 {
  using Layout = AlongDepth<Tile::rows>;
  static constexpr int packs = Layout::Slice::packs, step = Tile::threads / packs;
  static constexpr int copies = Tile::rows / step;
  Span<const Bfloat16> images;
  WindowPlaces windows;

  struct Cursor {
    WindowPlaces::Pixel pixels[copies];
    PlaceInDepth place;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    Cursor cursor;
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy) {
      const int row = first_row + thread.index() / packs + copy * step;
      cursor.pixels[copy] =
          row < windows.rows ? windows.pixel(windows.position(row)) : WindowPlaces::Pixel{0, 0};
    }
    cursor.place =
        PlaceInDepth::of(first_depth + thread.index() % packs * 8, windows.channels, windows.filter_width);
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Bfloat16, size>& to,
                                  int at) const {
    PlaceInDepth& place = cursor.place;
    const int offset = windows.offset(place.r, place.s) + place.c;
    const bool in_filter = place.r < windows.filter_height;
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy) {
      const WindowPlaces::Pixel& pixel = cursor.pixels[copy];
      const bool there = in_filter && WindowPlaces::has(pixel, place.r, place.s);
      to.template copy_async<8, Cache::first_level>(
          at + Layout::Slice::at(thread.index() / packs + copy * step, thread.index() % packs),
          images.template at<8>(there ? pixel.first + offset : 0), there);
    }
    place.advance(Tile::slice, windows.channels, windows.filter_width);
  }
};

/// B: a row a filter, its depth as it lies in memory.
template <class Tile>
struct FilterRows16 {
  using Layout = AlongDepth<Tile::columns>;
  static constexpr int packs = Layout::Slice::packs, step = Tile::threads / packs;
  static constexpr int copies = Tile::columns / step;
  static_assert(copies > 0);
  Span<const Bfloat16> weight;
  int filters, depth;

  struct Cursor {
    int row, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row + thread.index() / packs, first_depth + thread.index() % packs * 8};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Bfloat16, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy) {
      const int row = cursor.row + copy * step;
      const bool there = row < filters && cursor.depth < depth;
      to.template copy_async<8>(
          at + Layout::Slice::at(thread.index() / packs + copy * step, thread.index() % packs),
          weight.template at<8>(there ? row * depth + cursor.depth : 0), there);
    }
    cursor.depth += Tile::slice;
  }
};

/// B: a row an input channel, the depth r, s, filter.
template <class Tile>
struct FilterColumns16 {
  using Layout = AlongRows<Tile::columns>;
  static constexpr int packs = Layout::Slice::packs, step = Tile::threads / packs;
  static constexpr int copies = Tile::slice / step;
  static_assert(copies > 0);
  Span<const Bfloat16> weight;
  int filters, filter_height, filter_width, channels;

  struct Cursor {
    int channel;
    PlaceInDepth places[copies];  // c counts filters
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    Cursor cursor;
    cursor.channel = first_row + thread.index() % packs * 8;
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy)
      cursor.places[copy] =
          PlaceInDepth::of(first_depth + thread.index() / packs + copy * step, filters, filter_width);
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Bfloat16, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy) {
      PlaceInDepth& place = cursor.places[copy];
      const bool there = cursor.channel < channels && place.r < filter_height;
      const int from =
          ((place.c * filter_height + place.r) * filter_width + place.s) * channels + cursor.channel;
      to.template copy_async<8>(
          at + Layout::Slice::at(thread.index() / packs + copy * step, thread.index() % packs),
          weight.template at<8>(there ? from : 0), there);
      place.advance(Tile::slice, filters, filter_width);
    }
  }
};

/// A of the weight gradient: a row a filter, the depth the output pixels: dy as it lies in memory.
template <class Tile>
struct PixelColumns16 {
  using Layout = AlongRows<Tile::rows>;
  static constexpr int packs = Layout::Slice::packs, all = packs * Tile::slice;
  static constexpr int copies = static_cast<int>((all + Tile::threads - 1) / Tile::threads);
  Span<const Bfloat16> dy;
  int filters, pixels;

  struct Cursor {
    int filter, pixel;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row + thread.index() % packs * 8, first_depth + thread.index() / packs};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Bfloat16, size>& to,
                                  int at) const {
    constexpr int step = Tile::threads / packs;
    static_assert(Tile::threads % packs == 0);
    NOISEGATE_UNROLL
    for (int copy = 0; copy < copies; ++copy) {
      const int line = thread.index() / packs + copy * step, pixel = cursor.pixel + copy * step;
      if (line >= Tile::slice) continue;
      const bool there = cursor.filter < filters && pixel < pixels;
      to.template copy_async<8>(at + Layout::Slice::at(line, thread.index() % packs),
                                dy.template at<8>(there ? pixel * filters + cursor.filter : 0), there);
    }
    cursor.pixel += Tile::slice;
  }
};

/// B of the weight gradient: the columns are groups of 32 channels at one place of the windows, the places of
/// the first 32 channels before those of the next.
template <class Tile>
struct WindowGroups16 {
  using Layout = AlongRows<Tile::columns>;
  static constexpr int group = 32, packs = group / 8, groups = Tile::columns / group;
  static constexpr int of_group = packs * Tile::slice, all = groups * of_group;
  static constexpr int copies = static_cast<int>((all + Tile::threads - 1) / Tile::threads);
  // A thread's copies are of one pixel, or by turns of two.
  static constexpr int pixels = Tile::threads % of_group == 0 ? 1 : 2;
  static_assert(pixels * Tile::threads % of_group == 0);
  Span<const Bfloat16> images;
  WindowPlaces windows;
  WindowPlaces::Position slice;

  WindowGroups16(Span<const Bfloat16> images_, const WindowPlaces& windows_)
      : images(images_), windows(windows_), slice(windows_.position(Tile::slice)) {}

  NOISEGATE_HD int places() const { return windows.filter_height * windows.filter_width; }
  /// How many columns there are.
  int count() const { return static_cast<int>(parts(windows.channels, group)) * places() * group; }

  struct Copy {
    int r, s, offset;  // r is −1 where there is nothing to copy
  };
  struct Cursor {
    int row;
    WindowPlaces::Position positions[pixels];
    Copy copies[WindowGroups16::copies];
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_column, int first_depth) const {
    Cursor cursor;
    cursor.row = first_depth;
    NOISEGATE_UNROLL
    for (int i = 0; i < pixels; ++i) cursor.positions[i] = windows.position(first_depth + line(thread, i));
    NOISEGATE_UNROLL
    for (int i = 0; i < copies; ++i) {
      const int of_all = first_column / group + (thread.index() + i * Tile::threads) / of_group;
      const int channel = of_all / places() * group + thread.index() % packs * 8, place = of_all % places();
      const int r = place / windows.filter_width, s = place % windows.filter_width;
      cursor.copies[i] = {channel < windows.channels ? r : -1, s, windows.offset(r, s) + channel};
    }
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Bfloat16, size>& to,
                                  int at) const {
    WindowPlaces::Pixel of_thread[pixels];
    NOISEGATE_UNROLL
    for (int i = 0; i < pixels; ++i) {
      of_thread[i] = cursor.row + line(thread, i) < windows.rows ? windows.pixel(cursor.positions[i])
                                                                 : WindowPlaces::Pixel{0, 0};
      cursor.positions[i] = windows.advanced(cursor.positions[i], slice);
    }
    NOISEGATE_UNROLL
    for (int i = 0; i < copies; ++i) {
      const int in_all = thread.index() + i * Tile::threads;
      if (in_all >= all) continue;
      const Copy& copy = cursor.copies[i];
      const WindowPlaces::Pixel& pixel = of_thread[i % pixels];
      const bool there = copy.r >= 0 && WindowPlaces::has(pixel, copy.r, copy.s);
      to.template copy_async<8, Cache::first_level>(
          at + Layout::Slice::at(line(thread, i), in_all / of_group * packs + in_all % packs),
          images.template at<8>(there ? pixel.first + copy.offset : 0), there);
    }
    cursor.row += Tile::slice;
  }

 private:
  NOISEGATE_DEVICE static int line(const Thread& thread, int copy) {
    return (thread.index() + copy * Tile::threads) / packs % Tile::slice;
  }
};

}  // namespace noisegate::cuda
