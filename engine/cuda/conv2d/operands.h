// Addresses of the operands of a convolution's three products. Each operand is a matrix of rows × depth whose
// elements are copied from images or filters on demand, `width` neighbours at once: bfloat16 in eights, to
// which its images and filters are padded; float32 in fours if the channels come in fours, else one by one.
//
//   product           rows of A                    rows of B                        depth
//   forward           output pixels: WindowRows    filters: MatrixRows              r, s, c
//   input gradient    input pixels: WindowRows     input channels: FilterColumns    r, s, k
//   weight gradient   filters: MatrixColumns       r, s, c: window_columns.h        output pixels
// begin() prepares a thread to copy its part of one slice after the other. It does all divisions and
// comparisons; copy_next() only adds.
// compares stands there; copy_next() adds.
#pragma once

#include "engine/cuda/conv2d/gemm.h"
#include "engine/cuda/conv2d/window_places.h"

namespace noisegate::cuda {

template <class Tile>
using ElementOf = typename Tile::Fragments::Element;

/// A thread's share of a slice of `rows` whose lines run along the depth: some rows, `step` apart.
template <class Tile, int rows, int width>
struct ShareOfRows {
  static constexpr int packs = Tile::slice / width, step = Tile::threads / packs, copies = rows / step;
  static_assert(copies > 0);
  NOISEGATE_DEVICE static int row(const Thread& thread, int copy) {
    return thread.index() / packs + copy * step;
  }
  NOISEGATE_DEVICE static int depth(const Thread& thread) { return thread.index() % packs * width; }
};

/// A thread's share of a slice whose lines run along the rows: some entries of the depth.
template <class Tile, int rows, int width>
struct ShareOfDepth {
  static constexpr int packs = rows / width, step = Tile::threads / packs;
  static constexpr int copies = (Tile::slice + step - 1) / step;
  static_assert(Tile::threads % packs == 0);
  NOISEGATE_DEVICE static int row(const Thread& thread) { return thread.index() % packs * width; }
  NOISEGATE_DEVICE static int depth(const Thread& thread, int copy) {
    return thread.index() / packs + copy * step;
  }
  /// Whether the entry is in the slice.
  NOISEGATE_DEVICE static bool has(const Thread& thread, int copy) {
    return Tile::slice % step == 0 || depth(thread, copy) < Tile::slice;
  }
};

/// A: one row per window; the depth runs over its places and channels.
template <class Tile, int width>
struct WindowRows {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongDepth<Tile::rows>;
  using Share = ShareOfRows<Tile, Tile::rows, width>;
  Span<const Element> images;
  WindowPlaces windows;

  struct Cursor {
    WindowPlaces::Pixel pixels[Share::copies];
    PlaceInDepth place;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    Cursor cursor;
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int row = first_row + Share::row(thread, copy);
      cursor.pixels[copy] =
          row < windows.rows ? windows.pixel(windows.position(row)) : WindowPlaces::Pixel{0, 0};
    }
    cursor.place =
        PlaceInDepth::of(first_depth + Share::depth(thread), windows.channels, windows.filter_width);
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
                                  int at) const {
    PlaceInDepth& place = cursor.place;
    const int offset = windows.offset(place.r, place.s) + place.c;
    const bool in_filter = place.r < windows.filter_height;
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      const WindowPlaces::Pixel& pixel = cursor.pixels[copy];
      const bool there = in_filter && WindowPlaces::has(pixel, place.r, place.s);
      to.template copy_async<width, Cache::first_level>(
          at + Layout::at(Share::row(thread, copy), Share::depth(thread)),
          images.template at<width>(there ? pixel.first + offset : 0), there);
    }
    place.advance(Tile::slice, windows.channels, windows.filter_width);
  }
};

/// B: a matrix (rows, depth) as it lies in memory; one row per filter.
template <class Tile, int width>
struct MatrixRows {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongDepth<Tile::columns>;
  using Share = ShareOfRows<Tile, Tile::columns, width>;
  Span<const Element> values;
  int rows, depth;

  struct Cursor {
    int row, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row + Share::row(thread, 0), first_depth + Share::depth(thread)};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      const int row = cursor.row + copy * Share::step;
      const bool there = row < rows && cursor.depth < depth;
      to.template copy_async<width>(at + Layout::at(Share::row(thread, copy), Share::depth(thread)),
                                    values.template at<width>(there ? row * depth + cursor.depth : 0), there);
    }
    cursor.depth += Tile::slice;
  }
};

/// B: one row per input channel; the depth runs over r, s, filter.
template <class Tile, int width>
struct FilterColumns {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongRows<Tile::columns>;
  using Share = ShareOfDepth<Tile, Tile::columns, width>;
  static_assert(Tile::slice % Share::step == 0);
  Span<const Element> weight;
  int filters, filter_height, filter_width, channels;

  struct Cursor {
    int channel;
    PlaceInDepth places[Share::copies];  // c counts filters
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    Cursor cursor;
    cursor.channel = first_row + Share::row(thread);
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy)
      cursor.places[copy] = PlaceInDepth::of(first_depth + Share::depth(thread, copy), filters, filter_width);
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      PlaceInDepth& place = cursor.places[copy];
      const bool there = cursor.channel < channels && place.r < filter_height;
      const int from =
          ((place.c * filter_height + place.r) * filter_width + place.s) * channels + cursor.channel;
      to.template copy_async<width>(at + Layout::at(Share::row(thread), Share::depth(thread, copy)),
                                    weight.template at<width>(there ? from : 0), there);
      place.advance(Tile::slice, filters, filter_width);
    }
  }
};

/// A: a matrix (depth, rows) as it lies in memory; one row per filter, the depth runs over the pixels of dy.
template <class Tile, int width>
struct MatrixColumns {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongRows<Tile::rows>;
  using Share = ShareOfDepth<Tile, Tile::rows, width>;
  Span<const Element> values;
  int rows, depth;

  struct Cursor {
    int row, depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_row, int first_depth) const {
    return {first_row + Share::row(thread), first_depth + Share::depth(thread, 0)};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      if (!Share::has(thread, copy)) continue;
      const int deep = cursor.depth + copy * Share::step;
      const bool there = cursor.row < rows && deep < depth;
      to.template copy_async<width>(at + Layout::at(Share::row(thread), Share::depth(thread, copy)),
                                    values.template at<width>(there ? deep * rows + cursor.row : 0), there);
    }
    cursor.depth += Tile::slice;
  }
};

}  // namespace noisegate::cuda
