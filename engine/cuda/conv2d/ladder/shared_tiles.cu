// The second rung. A block of 16×16 threads computes 16×16 elements of y. All threads of a row of it need the
// same window, all of a column the same filter: so the block copies 16 numbers of 16 windows and of 16
// filters into shared memory, each thread one of each, and multiplies from there. Each loaded number is used
// 16 times.
#include "engine/cuda/conv2d/ladder/implicit_gemm.h"
#include "engine/cuda/conv2d/ladder/ladder.h"

namespace noisegate::cuda {
namespace {

struct SharedTiles {
  static constexpr int tile = 16, threads = tile * tile;
  // The lanes of a warp read one number of sixteen filters at a time: rows 17 apart lie in different banks.
  static constexpr int step = tile + 1;
  struct Shared {
    SharedArray<float, tile * step> windows, filters;
  };
  ImplicitGemm gemm;
  Span<const float> x, weight;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int column_tiles = static_cast<int>(parts(gemm.columns, tile));
    const int first_row = thread.block() / column_tiles * tile;
    const int first_column = thread.block() % column_tiles * tile;
    const int i = thread.index() / tile, j = thread.index() % tile;

    float sum = 0;
    for (int first = 0; first < gemm.depth; first += tile) {
      shared.windows[i * step + j] = window_value(first_row + i, first + j);
      shared.filters[i * step + j] = filter_value(first_column + i, first + j);
      thread.barrier();
      for (int d = 0; d < tile; ++d) sum += shared.windows[i * step + d] * shared.filters[j * step + d];
      thread.barrier();  // before the next slice overwrites this one
    }
    const int row = first_row + i, column = first_column + j;
    if (row < gemm.rows && column < gemm.columns) y[std::int64_t{row} * gemm.columns + column] = sum;
  }

 private:
  NOISEGATE_DEVICE float window_value(int row, int d) const {
    if (d >= gemm.depth) return 0;
    const int element = gemm.element(gemm.window(row), gemm.place(d));
    return element < 0 ? 0 : x[element];
  }
  NOISEGATE_DEVICE float filter_value(int column, int d) const {
    return column < gemm.columns && d < gemm.depth ? weight[column * gemm.depth + d] : 0;
  }
};

}  // namespace

void shared_tiles(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y) {
  const ImplicitGemm gemm(conv);
  launch(stream, parts(gemm.rows, SharedTiles::tile) * parts(gemm.columns, SharedTiles::tile),
         SharedTiles{gemm, x, weight, y});
}

}  // namespace noisegate::cuda
