// The fourth rung. The tensor cores multiply the tiles of the third: a warp takes 32×32 of the block's 64×64
// elements and multiplies 16×8 by 8×8 numbers in one instruction (mma.sync), rounded to TF32. fragments.h
// says which elements of a matrix a lane holds. Loads still pass through registers, and no products run
// during the loads: the last rung overlaps them.
#include "engine/cuda/conv2d/ladder/implicit_gemm.h"
#include "engine/cuda/conv2d/ladder/ladder.h"

namespace noisegate::cuda {
namespace {

template <int width>  // of a load from x and filters
struct TensorCores {
  static constexpr int tile = 64, slice = 16, of_warp = 32, threads = 128;
  static constexpr int packs = slice / width, rows_at_once = threads / packs, copies = tile / rows_at_once;
  // A fragment's lanes read 8 rows × 4 of the depth: 20 from row to row, they are in 32 different banks.
  static constexpr int step = slice + 4;
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

    // What this thread loads: `width` of the depth of every rows_at_once-th row and column.
    const int row = thread.index() / packs, from_depth = thread.index() % packs * width;
    ImplicitGemm::Window windows[copies];
    for (int copy = 0; copy < copies; ++copy)
      windows[copy] = gemm.window(first_row + row + copy * rows_at_once);
    ImplicitGemm::Place place = gemm.place(from_depth);

    FragmentC sums[2][4] = {};
    for (int first = 0; first < gemm.depth; first += slice) {
      const int d = first + from_depth;
      for (int copy = 0; copy < copies; ++copy) {
        const int at = (row + copy * rows_at_once) * step + from_depth;
        shared.windows.template store<width>(at, load_window(windows[copy], place, d));
        shared.filters.template store<width>(at, load_filter(first_column + row + copy * rows_at_once, d));
      }
      for (place.c += slice; place.c >= gemm.channels; place.c -= gemm.channels)
        if (++place.s == gemm.filter_width) place.s = 0, ++place.r;
      thread.barrier();
      for (int k = 0; k < slice; k += 8) multiply(thread, shared, k, sums);
      thread.barrier();
    }
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j)
        for (int r = 0; r < 4; ++r)
          store(first_row + row_of(thread) + 16 * i + row_of_c(thread.lane(), r),
                first_column + column_of(thread) + 8 * j + column_of_c(thread.lane(), r),
                sums[i][j].values[r]);
  }

 private:
  // Where a warp's part of the block's elements begins.
  NOISEGATE_DEVICE static int row_of(const Thread& thread) { return thread.warp() / 2 * of_warp; }
  NOISEGATE_DEVICE static int column_of(const Thread& thread) { return thread.warp() % 2 * of_warp; }

  NOISEGATE_DEVICE Pack<float, width> load_window(const ImplicitGemm::Window& window,
                                                  const ImplicitGemm::Place& place, int d) const {
    const int element = d < gemm.depth ? gemm.element(window, place) : -1;
    return element < 0 ? Pack<float, width>{} : x.template load<width>(element);
  }
  NOISEGATE_DEVICE Pack<float, width> load_filter(int column, int d) const {
    if (column >= gemm.columns || d >= gemm.depth) return {};
    return weight.template load<width>(column * gemm.depth + d);
  }

  /// sums += 32 windows × 8 of the depth × 32 filters.
  NOISEGATE_DEVICE void multiply(const Thread& thread, Shared& shared, int k, FragmentC (&sums)[2][4]) const {
    const int group = thread.lane() / 4, member = thread.lane() % 4;
    FragmentA a[2];
    FragmentB b[4];
    for (int i = 0; i < 2; ++i)
      for (int r = 0; r < 4; ++r)
        a[i].registers[r] = round_to_tf32(
            shared
                .windows[(row_of(thread) + 16 * i + group + 8 * (r % 2)) * step + k + member + 4 * (r / 2)]);
    for (int j = 0; j < 4; ++j)
      for (int r = 0; r < 2; ++r)
        b[j].registers[r] =
            round_to_tf32(shared.filters[(column_of(thread) + 8 * j + group) * step + k + member + 4 * r]);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j) thread.multiply_tf32(sums[i][j], a[i], b[j]);
  }

  NOISEGATE_DEVICE void store(int row, int column, float sum) const {
    if (row < gemm.rows && column < gemm.columns) y[std::int64_t{row} * gemm.columns + column] = sum;
  }
};

template <int width>
void run_tensor_cores(Stream stream, const ImplicitGemm& gemm, Span<const float> x, Span<const float> weight,
                      Span<float> y) {
  using Kernel = TensorCores<width>;
  launch(stream, parts(gemm.rows, Kernel::tile) * parts(gemm.columns, Kernel::tile),
         Kernel{gemm, x, weight, y});
}

}  // namespace

void tensor_cores(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y) {
  const ImplicitGemm gemm(conv);
  if (gemm.channels % 4 == 0)
    run_tensor_cores<4>(stream, gemm, x, weight, y);
  else
    run_tensor_cores<1>(stream, gemm, x, weight, y);
}

}  // namespace noisegate::cuda
