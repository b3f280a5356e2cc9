// The weight gradient's operand B (operands.h): the columns of the product are the places and channels r, s,
// c of the windows over x; the depth runs over their pixels.
#pragma once

#include "engine/cuda/conv2d/operands.h"

namespace noisegate::cuda {

/// A place and channel of the windows, and its distance from a pixel's first element.
struct ColumnOfWindows {
  int r, s, offset;  // r is −1 if there is no such channel

  NOISEGATE_DEVICE static ColumnOfWindows of(const WindowPlaces& windows, int place, int channel,
                                             bool there) {
    const int r = place / windows.filter_width, s = place % windows.filter_width;
    return {there ? r : -1, s, windows.offset(r, s) + channel};
  }
  NOISEGATE_DEVICE bool is_in(const WindowPlaces::Pixel& pixel) const {
    return r >= 0 && WindowPlaces::has(pixel, r, s);
  }
};

/// B: one row per place and channel r, s, c of the windows; the depth runs over their pixels. For any number
/// of channels.
template <class Tile, int width>
struct WindowColumns {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongRows<Tile::columns>;
  using Share = ShareOfDepth<Tile, Tile::columns, width>;
  Span<const Element> images;
  WindowPlaces windows;

  NOISEGATE_HD int count() const { return windows.filter_height * windows.filter_width * windows.channels; }

  struct Cursor {
    ColumnOfWindows column;
    int depth;
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_column, int first_depth) const {
    const int row = first_column + Share::row(thread), channels = windows.channels;
    return {ColumnOfWindows::of(windows, row / channels, row % channels, row < count()), first_depth};
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
                                  int at) const {
    NOISEGATE_UNROLL
    for (int copy = 0; copy < Share::copies; ++copy) {
      if (!Share::has(thread, copy)) continue;
      const int row = cursor.depth + Share::depth(thread, copy);
      const WindowPlaces::Pixel pixel = windows.pixel(windows.position(row));
      const bool there = row < windows.rows && cursor.column.is_in(pixel);
      to.template copy_async<width>(at + Layout::at(Share::row(thread), Share::depth(thread, copy)),
                                    images.template at<width>(there ? pixel.first + cursor.column.offset : 0),
                                    there);
    }
    cursor.depth += Tile::slice;
  }
};

/// B: the same columns in groups of 32 channels at one place of the windows; all places of the first 32
/// channels come before those of the next 32. So a block reads the same part of x for one place after
/// another, from the nearest cache.
template <class Tile, int width>
struct WindowGroups {
  using Element = ElementOf<Tile>;
  using Layout = typename Tile::Fragments::template AlongRows<Tile::columns>;
  static constexpr int group = 32, packs = group / width, groups = Tile::columns / group;
  static constexpr int of_group = packs * Tile::slice, all = groups * of_group;
  static constexpr int copies = static_cast<int>((all + Tile::threads - 1) / Tile::threads);
  // A thread's copies belong to one pixel, or alternate between two.
  static constexpr int pixels = Tile::threads % of_group == 0 ? 1 : 2;
  static_assert(pixels * Tile::threads % of_group == 0);
  Span<const Element> images;
  WindowPlaces windows;
  WindowPlaces::Position slice;

  WindowGroups(Span<const Element> images_, const WindowPlaces& windows_)
      : images(images_), windows(windows_), slice(windows_.position(Tile::slice)) {}

  NOISEGATE_HD int places() const { return windows.filter_height * windows.filter_width; }
  /// Returns the number of columns.
  int count() const { return narrow(parts(windows.channels, group)) * places() * group; }

  struct Cursor {
    int row;
    WindowPlaces::Position positions[pixels];
    ColumnOfWindows columns[copies];
  };
  NOISEGATE_DEVICE Cursor begin(const Thread& thread, int first_column, int first_depth) const {
    Cursor cursor;
    cursor.row = first_depth;
    NOISEGATE_UNROLL
    for (int i = 0; i < pixels; ++i) cursor.positions[i] = windows.position(first_depth + line(thread, i));
    NOISEGATE_UNROLL
    for (int i = 0; i < copies; ++i) {
      const int of_all = first_column / group + (thread.index() + i * Tile::threads) / of_group;
      const int channel = of_all / places() * group + thread.index() % packs * width;
      cursor.columns[i] =
          ColumnOfWindows::of(windows, of_all % places(), channel, channel < windows.channels);
    }
    return cursor;
  }
  template <int size>
  NOISEGATE_DEVICE void copy_next(const Thread& thread, Cursor& cursor, SharedArray<Element, size>& to,
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
      const WindowPlaces::Pixel& pixel = of_thread[i % pixels];
      const bool there = cursor.columns[i].is_in(pixel);
      to.template copy_async<width, Cache::first_level>(
          at + Layout::at((in_all / of_group * packs + in_all % packs) * width, line(thread, i)),
          images.template at<width>(there ? pixel.first + cursor.columns[i].offset : 0), there);
    }
    cursor.row += Tile::slice;
  }

 private:
  NOISEGATE_DEVICE static int line(const Thread& thread, int copy) {
    return (thread.index() + copy * Tile::threads) / packs % Tile::slice;
  }
};

}  // namespace noisegate::cuda
