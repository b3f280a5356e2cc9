// The third rung. On the second, a multiply-add waits for two reads of shared memory. Here a thread computes
// 4×4 elements: for each step of the depth it reads four windows and four filters, as one pack each, and
// makes sixteen multiply-adds of them. A block has 64×64 elements, so each loaded number is used 64 times.
//
// From device memory four neighbouring channels come as one pack. A thread loads for the same window all
// along, so that its place in the image is divided out once; along the depth it walks by additions.
#include "engine/cuda/conv2d/ladder/implicit_gemm.h"
#include "engine/cuda/conv2d/ladder/ladder.h"

namespace noisegate::cuda {
namespace {

template <int width>  // of a load from x and filters
struct RegisterBlocks {
  static constexpr int tile = 64, slice = 16, of_thread = 4, threads = 256;
  static constexpr int packs = slice / of_thread;  // of a row's slice, one a thread
  static constexpr int step = tile + 4;            // four rows of one place of the depth are a pack
  struct Shared {
    SharedArray<float, slice * step> windows, filters;
  };
  ImplicitGemm gemm;
  Span<const float> x, weight;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int column_tiles = static_cast<int>(parts(gemm.columns, tile));
    const int first_row = thread.block() / column_tiles * tile;
    const int first_column = thread.block() % column_tiles * tile;

    // What this thread loads: four of the depth of one row and of one column.
    const int loads = thread.index() / packs, from_depth = thread.index() % packs * of_thread;
    const ImplicitGemm::Window window = gemm.window(first_row + loads);
    ImplicitGemm::Place place = gemm.place(from_depth);
    const int column = first_column + loads;

    // What it multiplies.
    const int i = thread.index() / 16 * of_thread, j = thread.index() % 16 * of_thread;
    float sums[of_thread][of_thread] = {};
    for (int first = 0; first < gemm.depth; first += slice) {
      const int d = first + from_depth;
      for (int e = 0; e < of_thread; e += width) {
        const Pack<float, width> of_window = load_window(window, place, d + e, e);
        const Pack<float, width> of_filter = load_filter(column, d + e);
        for (int v = 0; v < width; ++v) {
          shared.windows[(from_depth + e + v) * step + loads] = of_window[v];
          shared.filters[(from_depth + e + v) * step + loads] = of_filter[v];
        }
      }
      for (place.c += slice; place.c >= gemm.channels; place.c -= gemm.channels)
        if (++place.s == gemm.filter_width) place.s = 0, ++place.r;
      thread.barrier();
      for (int k = 0; k < slice; ++k) {
        const Pack<float, of_thread> a = shared.windows.template load<of_thread>(k * step + i);
        const Pack<float, of_thread> b = shared.filters.template load<of_thread>(k * step + j);
        for (int m = 0; m < of_thread; ++m)
          for (int n = 0; n < of_thread; ++n) sums[m][n] += a[m] * b[n];
      }
      thread.barrier();
    }
    for (int m = 0; m < of_thread; ++m) store(first_row + i + m, first_column + j, sums[m]);
  }

 private:
  /// `width` channels from `e` behind the place on, which stand at `d` of the depth.
  NOISEGATE_DEVICE Pack<float, width> load_window(const ImplicitGemm::Window& window,
                                                  const ImplicitGemm::Place& place, int d, int e) const {
    if (d >= gemm.depth) return {};
    // Packs do not straddle pixels; single channels may.
    const int element = gemm.element(window, width > 1 || e == 0 ? place : gemm.place(d));
    return element < 0 ? Pack<float, width>{} : x.template load<width>(element);
  }
  NOISEGATE_DEVICE Pack<float, width> load_filter(int column, int d) const {
    if (column >= gemm.columns || d >= gemm.depth) return {};
    return weight.template load<width>(column * gemm.depth + d);
  }
  NOISEGATE_DEVICE void store(int row, int column, const float* sums) const {
    if (row >= gemm.rows) return;
    const std::int64_t at = std::int64_t{row} * gemm.columns + column;
    if (gemm.columns % of_thread == 0 && column < gemm.columns)
      return y.template store<of_thread>(at, {sums[0], sums[1], sums[2], sums[3]});
    for (int n = 0; n < of_thread; ++n)
      if (column + n < gemm.columns) y[at + n] = sums[n];
  }
};

template <int width>
void run_blocks(Stream stream, const ImplicitGemm& gemm, Span<const float> x, Span<const float> weight,
                Span<float> y) {
  using Kernel = RegisterBlocks<width>;
  launch(stream, parts(gemm.rows, Kernel::tile) * parts(gemm.columns, Kernel::tile),
         Kernel{gemm, x, weight, y});
}

}  // namespace

void register_blocks(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                     Span<float> y) {
  const ImplicitGemm gemm(conv);
  if (gemm.channels % 4 == 0)
    run_blocks<4>(stream, gemm, x, weight, y);
  else
    run_blocks<1>(stream, gemm, x, weight, y);
}

}  // namespace noisegate::cuda
