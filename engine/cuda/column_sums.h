// Sums over the rows of a matrix, for each column: of a batch norm's channels, of a bias. Rows are cut into
// chunks by the shape alone; a block adds up a chunk of 32 columns, and whoever needs the totals adds up the
// chunks, in double.
#pragma once

#include "engine/cuda/memory.h"
#include "engine/cuda/reduce.h"

#include <algorithm>

namespace noisegate::cuda {

/// Several sums at once.
template <int count>
struct Terms {
  float values[count];
};

/// How rows are cut: into about as many chunks as keep a GPU busy, of no fewer rows than are worth a block.
struct Chunks {
  std::int64_t rows, columns, rows_of_chunk;

  Chunks(std::int64_t rows_, std::int64_t columns_)
      : rows(rows_),
        columns(columns_),
        rows_of_chunk(std::max<std::int64_t>(64, parts(rows, most / parts(columns, warp_size) + 1))) {}
  std::int64_t count() const { return parts(rows, rows_of_chunk); }

 private:
  static constexpr std::int64_t most = 1024;
};

/// sums[(chunk·terms + t)·columns + column] = Σ over the chunk's rows of f(row, column).values[t].
template <class F, int terms>
struct ColumnSums {
  static constexpr int threads = 256, row_threads = threads / warp_size;
  struct Shared {
    SharedArray<float, terms * threads> sums;
  };
  Chunks chunks;
  F f;
  Span<float> sums;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t groups = parts(chunks.columns, warp_size), chunk = thread.block() / groups;
    const std::int64_t column = thread.block() % groups * warp_size + thread.lane();
    const std::int64_t begin = chunk * chunks.rows_of_chunk, limit = begin + chunks.rows_of_chunk;
    const std::int64_t end = limit < chunks.rows ? limit : chunks.rows;
    Terms<terms> own{};
    if (column < chunks.columns)
      for (std::int64_t row = begin + thread.warp(); row < end; row += row_threads) {
        const Terms<terms> more = f(row, column);
        for (int t = 0; t < terms; ++t) own.values[t] += more.values[t];
      }
    for (int t = 0; t < terms; ++t) shared.sums[t * threads + thread.index()] = own.values[t];
    thread.barrier();
    if (thread.warp() >= terms || column >= chunks.columns) return;
    const int t = thread.warp();
    float total = 0;
    for (int row = 0; row < row_threads; ++row)
      total += shared.sums[t * threads + row * warp_size + thread.lane()];
    sums[(chunk * terms + t) * chunks.columns + column] = total;
  }
};

template <int terms, class F>
Workspace<float> column_sums(Stream stream, const Chunks& chunks, const F& f) {
  Workspace<float> sums(chunks.count() * terms * chunks.columns);
  launch(stream, chunks.count() * parts(chunks.columns, warp_size),
         ColumnSums<F, terms>{chunks, f, sums.span()});
  return sums;
}

/// The total of one term and column over all chunks, by a warp, in every lane.
template <int terms>
NOISEGATE_DEVICE double column_total(const Thread& thread, Span<const float> sums, std::int64_t columns,
                                     int term, std::int64_t column) {
  const std::int64_t chunks = sums.size() / (terms * columns);
  double total = 0;
  for (std::int64_t chunk = thread.lane(); chunk < chunks; chunk += warp_size)
    total += sums[(chunk * terms + term) * columns + column];
  return warp_sum(thread, total);
}

/// f(thread, column) for every column, by a warp each.
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

/// The gradient of a bias: Σ of each column of (rows, columns).
Tensor bias_gradient(Stream stream, const Tensor& grad, std::int64_t columns);

}  // namespace noisegate::cuda
