// Matrix products C = A·Bᵀ on the tensor cores, summed in float32, of operands that need not be matrices in
// memory. A block computes a tile of C. It copies A and B into shared memory in slices of their common depth,
// each element by an asynchronous copy from the address that the operand (operands.h) gives. Several slices
// are in flight at a time, so that the copies of the next ones overlap the products of this one. The epilogue
// (epilogues.h) takes the sums. docs/kernels.md draws it.
#pragma once

#include "engine/cuda/device/launch.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {

/// The tile of a block in C, the share of a warp in that, and the number of slices that are in flight or
/// being multiplied. `Fragments` describes the element type (float32_fragments.h, bfloat16_fragments.h):
///   Element                            what operands are copied as
///   slice, step                        how much of the depth is copied, and multiplied by one instruction
///   AlongDepth<rows>, AlongRows<rows>  how a slice lies in shared memory: `size`, and at(row, depth)
///   A, B, load_a(), load_b()           fragments, from such slices
///   multiply(thread, c, a, b)          c += a·b, by a warp
template <class Fragments_, int rows_, int columns_, int rows_of_warp_, int columns_of_warp_, int stages_>
struct BlockTile {
  using Fragments = Fragments_;
  static constexpr int rows = rows_, columns = columns_, slice = Fragments::slice, stages = stages_;
  static constexpr int rows_of_warp = rows_of_warp_, columns_of_warp = columns_of_warp_;
  static constexpr int warps_across = columns / columns_of_warp;
  static constexpr int warps_down = rows / rows_of_warp;
  static constexpr int threads = warps_down * warps_across * warp_size;
  static constexpr int fragments_a = rows_of_warp / 16, fragments_b = columns_of_warp / 8;
  static_assert(fragments_b % 2 == 0);

  /// The first row and column of a warp's share.
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

/// The share of C that a block has computed.
struct BlockOfC {
  int split, first_row, first_column;
};

/// C of `rows` × `columns` over `depth`, cut along the depth into `splits`. All threads of a block hand their
/// sums to epilogue.finish<Tile>(thread, shared, block, sums).
template <class Tile, class A, class B, class Epilogue>
struct Gemm {
  static constexpr int threads = Tile::threads;
  using Fragments = typename Tile::Fragments;
  using Element = typename Fragments::Element;
  struct Shared {
    SharedArray<Element, Tile::stages * A::Layout::size> a;
    SharedArray<Element, Tile::stages * B::Layout::size> b;
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
    int filled = 0;  // the next stage to fill
    const auto copy_next = [&](int slice) {
      if (slice < last) {
        a.copy_next(thread, from_a, shared.a, filled * A::Layout::size);
        b.copy_next(thread, from_b, shared.b, filled * B::Layout::size);
      }
      thread.commit_copies();
      if (++filled == Tile::stages) filled = 0;
    };
    for (int ahead = 0; ahead < Tile::stages - 1; ++ahead) copy_next(first + ahead);

    WarpSums<Tile> sums{};
    int stage = 0;
    for (int slice = first; slice < last; ++slice) {
      // This thread's copies of the slice have arrived; behind the barrier all threads' copies have, and no
      // thread still reads the stage that is filled next.
      thread.wait_for_copies<Tile::stages - 2>();
      thread.barrier();
      copy_next(slice + Tile::stages - 1);
      multiply(thread, shared, stage, sums);
      if (++stage == Tile::stages) stage = 0;
    }
    epilogue.template finish<Tile>(thread, shared.epilogue, BlockOfC{split, first_row, first_column}, sums);
  }

 private:
  NOISEGATE_DEVICE void multiply(const Thread& thread, Shared& shared, int stage,
                                 WarpSums<Tile>& sums) const {
    using LayoutA = typename A::Layout;
    using LayoutB = typename B::Layout;
    constexpr int fragments_a = Tile::fragments_a, fragments_b = Tile::fragments_b;
    const int stage_a = stage * LayoutA::size, stage_b = stage * LayoutB::size;
    const int row = Tile::row_of(thread), column = Tile::column_of(thread);
    NOISEGATE_UNROLL
    for (int k = 0; k < Tile::slice; k += Fragments::step) {
      typename Fragments::A rows_a[fragments_a];
      typename Fragments::B rows_b[fragments_b];
      NOISEGATE_UNROLL
      for (int i = 0; i < fragments_a; ++i)
        Fragments::template load_a<LayoutA>(thread, shared.a, stage_a, row + 16 * i, k, rows_a[i]);
      NOISEGATE_UNROLL
      for (int j = 0; j < fragments_b; j += 2)
        Fragments::template load_b<LayoutB>(thread, shared.b, stage_b, column + 8 * j, k, rows_b[j],
                                            rows_b[j + 1]);
      NOISEGATE_UNROLL
      for (int i = 0; i < fragments_a; ++i)
        for (int j = 0; j < fragments_b; ++j) Fragments::multiply(thread, sums.c[i][j], rows_a[i], rows_b[j]);
    }
  }
};

template <class Tile, class A, class B, class Epilogue>
void gemm(Stream stream, const A& a, const B& b, const Epilogue& epilogue, int rows, int columns, int depth,
          int splits = 1) {
  const Gemm<Tile, A, B, Epilogue> product{a, b, epilogue, rows, columns, depth, splits};
  launch(stream, product.blocks(), product);
}

}  // namespace noisegate::cuda
