// Matrix products C = A·Bᵀ of bfloat16 on the tensor cores, summed in float32. Like tile_product.h, with what
// 16-bit numbers allow: fragments by ldmatrix, deeper slices, and tiles of several shapes. An operand
// (bfloat16_operands.h) brings a slice of 32 of the depth into shared memory, in packs of 8 numbers.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/device/launch.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {

/// A block's share of C, a warp's of that, and how many slices are under way or being multiplied.
template <int rows_, int columns_, int rows_of_warp_, int columns_of_warp_, int stages_>
struct BlockTile {
  static constexpr int rows = rows_, columns = columns_, slice = 32, stages = stages_;
  static constexpr int rows_of_warp = rows_of_warp_, columns_of_warp = columns_of_warp_;
  static constexpr int warps_across = columns / columns_of_warp;
  static constexpr int warps_down = rows / rows_of_warp;
  static constexpr int threads = warps_down * warps_across * warp_size;
  static constexpr int fragments_a = rows_of_warp / 16, fragments_b = columns_of_warp / 8;
  static_assert(fragments_b % 2 == 0);

  /// Where a warp's share begins.
  NOISEGATE_DEVICE static int row_of(const Thread& thread) {
    return thread.warp() / warps_across * rows_of_warp;
  }
  NOISEGATE_DEVICE static int column_of(const Thread& thread) {
    return thread.warp() % warps_across * columns_of_warp;
  }
};

/// A warp's share of C.
template <class Tile>
struct WarpSums {
  FragmentC c[Tile::fragments_a][Tile::fragments_b];
};

/// Which share of C a block has worked out.
struct BlockOfC {
  int split, first_row, first_column;
};

/// A slice in shared memory: lines of `length` numbers, in packs of 8. The packs of a line change places by
/// its number, so that those of eight lines at one place, which ldmatrix reads, and eight neighbours, which
/// copies write, lie in different banks.
template <int lines_, int length>
struct Lines {
  static constexpr int lines = lines_, packs = length / 8, size = lines * length;
  static_assert(packs % 4 == 0);

  NOISEGATE_HD static constexpr int at(int line, int pack) {
    const int twist = packs % 8 == 0 ? line % 8 : line / 2 % 4;
    return (line * packs + (pack ^ twist)) * 8;
  }
};

/// Operands whose lines run along the depth, a line a row, and those whose lines run along the rows, a line
/// for each entry of the depth. `rows` are of A or, for B, the columns of C. Where lane `lane` points in 16
/// of them × 16 of the depth so that load_matrices gives the registers of A's fragment or of two of B's:
template <int rows>
struct AlongDepth {
  using Slice = Lines<rows, 32>;
  static constexpr bool transposed = false;

  NOISEGATE_DEVICE static int of_a(int lane, int row, int depth) {
    return Slice::at(row + lane % 16, depth / 8 + lane / 16);
  }
  NOISEGATE_DEVICE static int of_b(int lane, int row, int depth) {
    return Slice::at(row + lane / 16 * 8 + lane % 8, depth / 8 + lane / 8 % 2);
  }
};
template <int rows>
struct AlongRows {
  using Slice = Lines<32, rows>;
  static constexpr bool transposed = true;

  NOISEGATE_DEVICE static int of_a(int lane, int row, int depth) {
    return Slice::at(depth + lane / 16 * 8 + lane % 8, row / 8 + lane / 8 % 2);
  }
  NOISEGATE_DEVICE static int of_b(int lane, int row, int depth) {
    return Slice::at(depth + lane % 16, row / 8 + lane / 16);
  }
};

/// C of `rows` × `columns` over `depth`, cut along the depth into `splits`. All threads of a block hand their
/// sums to epilogue.finish<Tile>(thread, shared, block, sums).
template <class Tile, class A, class B, class Epilogue>
struct Bfloat16Product {
  static constexpr int threads = Tile::threads;
  struct Shared {
    SharedArray<Bfloat16, Tile::stages * A::Layout::Slice::size> a;
    SharedArray<Bfloat16, Tile::stages * B::Layout::Slice::size> b;
    typename Epilogue::template Shared<Tile> epilogue;
  };
  A a;
  B b;
  Epilogue epilogue;
  int rows, columns, depth, splits;

  std::int64_t blocks() const { return parts(rows, Tile::rows) * parts(columns, Tile::columns) * splits; }

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int across = static_cast<int>(parts(columns, Tile::columns));
    const int tiles = static_cast<int>(parts(rows, Tile::rows)) * across;
    const int split = thread.block() / tiles, tile = thread.block() % tiles;
    const int first_row = tile / across * Tile::rows, first_column = tile % across * Tile::columns;
    const int slices = static_cast<int>(parts(depth, Tile::slice)),
              slices_of_split = static_cast<int>(parts(slices, splits));
    const int first = split * slices_of_split,
              last = first + slices_of_split < slices ? first + slices_of_split : slices;

    auto from_a = a.begin(thread, first_row, first * Tile::slice);
    auto from_b = b.begin(thread, first_column, first * Tile::slice);
    int filled = 0;  // the stage that is filled next
    const auto copy_next = [&](int slice) {
      if (slice < last) {
        a.copy_next(thread, from_a, shared.a, filled * A::Layout::Slice::size);
        b.copy_next(thread, from_b, shared.b, filled * B::Layout::Slice::size);
      }
      thread.commit_copies();
      if (++filled == Tile::stages) filled = 0;
    };
    for (int ahead = 0; ahead < Tile::stages - 1; ++ahead) copy_next(first + ahead);

    WarpSums<Tile> sums{};
    int stage = 0;
    for (int slice = first; slice < last; ++slice) {
      // Own copies of this slice are there; behind the barrier everyone's are, and nobody still reads the
      // stage that is filled next.
      thread.wait_for_copies<Tile::stages - 2>();
      thread.barrier();
      copy_next(slice + Tile::stages - 1);
      multiply(thread, shared, stage, sums);
      if (++stage == Tile::stages) stage = 0;
    }
    epilogue.template finish<Tile>(thread, shared.epilogue, BlockOfC{split, first_row, first_column}, sums);
  }

 private:
  static constexpr int fragments_a = Tile::fragments_a, fragments_b = Tile::fragments_b;

  NOISEGATE_DEVICE void multiply(const Thread& thread, Shared& shared, int stage,
                                 WarpSums<Tile>& sums) const {
    using LayoutA = typename A::Layout;
    using LayoutB = typename B::Layout;
    const int stage_a = stage * LayoutA::Slice::size, stage_b = stage * LayoutB::Slice::size;
    const int lane = thread.lane();
    NOISEGATE_UNROLL
    for (int k = 0; k < Tile::slice; k += 16) {
      FragmentA rows_a[fragments_a];
      FragmentB rows_b[fragments_b];
      NOISEGATE_UNROLL
      for (int i = 0; i < fragments_a; ++i) {
        const auto loaded = thread.load_matrices<LayoutA::transposed>(
            shared.a, stage_a + LayoutA::of_a(lane, Tile::row_of(thread) + 16 * i, k));
        NOISEGATE_UNROLL
        for (int r = 0; r < 4; ++r) rows_a[i].registers[r] = loaded[r];
      }
      NOISEGATE_UNROLL
      for (int j = 0; j < fragments_b; j += 2) {
        const auto loaded = thread.load_matrices<LayoutB::transposed>(
            shared.b, stage_b + LayoutB::of_b(lane, Tile::column_of(thread) + 8 * j, k));
        NOISEGATE_UNROLL
        for (int r = 0; r < 4; ++r) rows_b[j + r / 2].registers[r % 2] = loaded[r];
      }
      NOISEGATE_UNROLL
      for (int i = 0; i < fragments_a; ++i)
        for (int j = 0; j < fragments_b; ++j) thread.multiply_bf16(sums.c[i][j], rows_a[i], rows_b[j]);
    }
  }
};

template <class Tile, class A, class B, class Epilogue>
void bfloat16_product(Stream stream, const A& a, const B& b, const Epilogue& epilogue, int rows, int columns,
                      int depth, int splits = 1) {
  const Bfloat16Product<Tile, A, B, Epilogue> product{a, b, epilogue, rows, columns, depth, splits};
  launch(stream, product.blocks(), product);
}

}  // namespace noisegate::cuda
