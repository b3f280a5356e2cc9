// Sums over the rows of a matrix, for each column: a batch norm's channels, a bias. Rows are cut into chunks
// by the shape alone; a block sums a chunk of some columns, and the reader of the totals sums the chunks, in
// double.
#pragma once

#include "engine/cuda/device/element_type.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

#include <algorithm>
#include <bit>
#include <concepts>

namespace noisegate::cuda {

/// Returns how many neighbouring columns a thread takes at once: a pack of T if packs and rows divide a
/// block's threads without remainder, else one.
template <class T>
bool sums_by_packs(std::int64_t columns) {
  const auto packs = static_cast<std::uint64_t>(columns / pack_size<T>);
  return columns % pack_size<T> == 0 && (std::has_single_bit(packs) || packs % warp_size == 0);
}

/// The cut of a matrix among blocks: into chunks of rows, enough of them to keep a GPU busy and each with
/// enough rows for a block, and within a chunk into groups of columns, `lanes` threads of `width` columns
/// each.
struct Chunks {
  std::int64_t rows, columns;
  int width, lanes;
  std::int64_t rows_of_chunk;

  Chunks(std::int64_t rows_, std::int64_t columns_, int width_)
      : rows(rows_),
        columns(columns_),
        width(width_),
        lanes(width == 1 ? warp_size : static_cast<int>(std::min<std::int64_t>(warp_size, columns / width))),
        rows_of_chunk(parts(std::max<std::int64_t>(64, parts(rows, parts(most, groups()))), rows_at_once()) *
                      rows_at_once()) {}
  NOISEGATE_HD std::int64_t count() const { return parts(rows, rows_of_chunk); }
  NOISEGATE_HD std::int64_t groups() const { return parts(columns, std::int64_t{lanes} * width); }
  NOISEGATE_HD int rows_at_once() const { return threads / lanes; }

  static constexpr int threads = 256;

 private:
  static constexpr std::int64_t most = 528;  // blocks: four for each of an H200's 132 multiprocessors
};

/// The terms that are summed over rows: `terms` sums of `width` neighbouring columns. constants(column) is
/// the same for all rows; load(row, column) and add(constants, loaded, row, column, sums) add a row's part.
template <class F>
concept ColumnTerm = requires(const F& f, const typename F::Loaded& loaded, std::int64_t row,
                              std::int64_t column, float (&sums)[F::terms][F::width]) {
  { f.load(row, column) } -> std::same_as<typename F::Loaded>;
  f.add(f.constants(column), loaded, row, column, sums);
};

/// sums[(t·columns + column)·chunks + chunk] = Σ over the chunk's rows of term t. The loads of several rows
/// are issued before their sums.
template <ColumnTerm F>
struct ColumnSums {
  static constexpr int threads = Chunks::threads, warps = threads / warp_size, ahead = 4;
  struct Shared {
    SharedArray<float, F::terms * F::width * threads> sums;
  };
  Chunks chunks;
  F f;
  Span<float> sums;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int lanes = chunks.lanes, own_row = thread.index() / lanes, rows_at_once = chunks.rows_at_once();
    const std::int64_t groups = chunks.groups(), chunk = thread.block() / groups;
    const std::int64_t first_column = thread.block() % groups * lanes * F::width;
    const std::int64_t column = first_column + thread.index() % lanes * F::width;
    const std::int64_t begin = chunk * chunks.rows_of_chunk, limit = begin + chunks.rows_of_chunk;
    const std::int64_t end = limit < chunks.rows ? limit : chunks.rows;

    float own[F::terms][F::width]{};
    if (column < chunks.columns) {
      const auto constants = f.constants(column);
      std::int64_t row = begin + own_row;
      for (; row + (ahead - 1) * rows_at_once < end; row += ahead * rows_at_once) {
        typename F::Loaded loaded[ahead];
        for (int i = 0; i < ahead; ++i) loaded[i] = f.load(row + i * rows_at_once, column);
        for (int i = 0; i < ahead; ++i) f.add(constants, loaded[i], row + i * rows_at_once, column, own);
      }
      for (; row < end; row += rows_at_once) f.add(constants, f.load(row, column), row, column, own);
    }

    // The sums of a warp's lanes with the same columns go to the first of them, then the warps' sums are
    // added.
    const int of_group = lanes * F::width;
    for (int t = 0; t < F::terms; ++t)
      for (int k = 0; k < F::width; ++k) {
        float& sum = own[t][k];
        for (int mask = warp_size / 2; mask >= lanes; mask /= 2) sum += thread.shuffle_xor(sum, mask);
        if (thread.lane() < lanes)
          shared.sums[(thread.warp() * F::terms + t) * of_group + thread.lane() * F::width + k] = sum;
      }
    thread.barrier();
    for (int i = thread.index(); i < F::terms * of_group; i += threads) {
      const int t = i / of_group;
      const std::int64_t of_sum = first_column + i % of_group;
      if (of_sum >= chunks.columns) continue;
      float total = 0;
      for (int warp = 0; warp < warps; ++warp) total += shared.sums[warp * F::terms * of_group + i];
      sums[(t * chunks.columns + of_sum) * chunks.count() + chunk] = total;
    }
  }
};

template <ColumnTerm F>
Workspace<float> column_sums(Stream stream, std::int64_t rows, std::int64_t columns, const F& f) {
  const Chunks chunks(rows, columns, F::width);
  Workspace<float> sums(chunks.count() * F::terms * columns);
  launch(stream, chunks.count() * chunks.groups(), ColumnSums<F>{chunks, f, sums.span()});
  return sums;
}

/// Sums one term and column over all chunks, by a warp, in every lane.
template <int terms>
NOISEGATE_DEVICE double column_total(const Thread& thread, Span<const float> sums, std::int64_t columns,
                                     int term, std::int64_t column) {
  const std::int64_t chunks = sums.size() / (terms * columns), first = (term * columns + column) * chunks;
  double total = 0;
  for (std::int64_t chunk = thread.lane(); chunk < chunks; chunk += warp_size) total += sums[first + chunk];
  return warp_sum(thread, total);
}

/// Calls f(thread, column) for every column, with one warp each.
template <class F>
struct ForEachColumn {
  static constexpr int threads = 128;
  std::int64_t columns;
  F f;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t column = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (column < columns) f(thread, column);
  }
};

template <class F>
void for_each_column(Stream stream, std::int64_t columns, const F& f) {
  launch(stream, parts(columns, ForEachColumn<F>::threads / warp_size), ForEachColumn<F>{columns, f});
}

/// Computes the gradient of a bias, float32: Σ of each column of (rows, columns).
Tensor bias_gradient(Stream stream, const Tensor& grad, std::int64_t columns);

}  // namespace noisegate::cuda
