// Matrix products on the tensor cores, C = A·Bᵀ, of operands that are not matrices in memory: a block works
// out 64×64 elements of C, and brings A and B into shared memory in slices of 16 of their common depth, each
// element by an asynchronous copy from wherever the operand (tile_operands.h) says it lies. Four slices are
// under way at a time, so that the copies of the next ones run behind the products of this one.
// docs/kernels.md draws it.
#pragma once

#include "engine/cuda/conv2d/precision.h"
#include "engine/cuda/device/launch.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {

struct Tile {
  static constexpr int size = 64, slice = 16, stages = 4, threads = 128;
};

/// How a slice of an operand lies in shared memory. The padding lets the lanes of a warp, who read 8 rows × 4
/// of depth at once, find them in 32 different banks.
struct DepthMajor {
  static constexpr int step = Tile::slice + 4, size = Tile::size * step;
  NOISEGATE_HD static constexpr int at(int row, int depth) { return row * step + depth; }
};
struct RowMajor {
  static constexpr int step = Tile::size + 8, size = Tile::slice * step;
  NOISEGATE_HD static constexpr int at(int row, int depth) { return depth * step + row; }
};

/// A float as TF32 takes it: `big`, and what is left of it.
template <class Fragment>
struct Split {
  Fragment big, small;

  NOISEGATE_DEVICE void set(int r, float value) {
    big.registers[r] = round_to_tf32(value);
    small.registers[r] = round_to_tf32(value - number_of_tf32(big.registers[r]));
  }
};

/// C of `rows` × `columns` over `depth`, cut along the depth into `splits`, each of which hands the epilogue
/// its own sums: epilogue(split, row, column, sum).
template <Precision precision, class A, class B, class Epilogue>
struct TileProduct {
  static constexpr int threads = Tile::threads;
  struct Shared {
    SharedArray<float, Tile::stages * A::Layout::size> a;
    SharedArray<float, Tile::stages * B::Layout::size> b;
  };
  A a;
  B b;
  Epilogue epilogue;
  int rows, columns, depth, splits;

  int blocks_of_split() const {
    return static_cast<int>(parts(rows, Tile::size) * parts(columns, Tile::size));
  }

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int column_tiles = static_cast<int>(parts(columns, Tile::size));
    const int tiles = static_cast<int>(parts(rows, Tile::size)) * column_tiles;
    const int split = thread.block() / tiles, tile = thread.block() % tiles;
    const int first_row = tile / column_tiles * Tile::size, first_column = tile % column_tiles * Tile::size;
    const int slices = static_cast<int>(parts(depth, Tile::slice)),
              slices_of_split = static_cast<int>(parts(slices, splits));
    const int first = split * slices_of_split,
              last = first + slices_of_split < slices ? first + slices_of_split : slices;

    auto from_a = a.begin(thread, first_row, first * Tile::slice);
    auto from_b = b.begin(thread, first_column, first * Tile::slice);
    const auto copy_next = [&](int slice) {
      if (slice < last) {
        const int stage = slice % Tile::stages;
        a.copy_next(thread, from_a, shared.a, stage * A::Layout::size);
        b.copy_next(thread, from_b, shared.b, stage * B::Layout::size);
      }
      thread.commit_copies();
    };
    for (int ahead = 0; ahead < Tile::stages - 1; ++ahead) copy_next(first + ahead);

    Sums sums{};
    for (int slice = first; slice < last; ++slice) {
      // Own copies of this slice are there; behind the barrier everyone's are, and nobody still reads the
      // stage that is filled next.
      thread.wait_for_copies<Tile::stages - 2>();
      thread.barrier();
      copy_next(slice + Tile::stages - 1);
      multiply(thread, shared, slice % Tile::stages, sums);
    }
    finish(thread, split, first_row, first_column, sums);
  }

 private:
  // A warp has 32×32 of the block's elements: two fragments by four.
  static constexpr int of_warp = 32, fragments_a = 2, fragments_b = 4;
  struct Sums {
    FragmentC c[fragments_a][fragments_b];
  };

  NOISEGATE_DEVICE static int row_of(const Thread& thread) { return thread.warp() / 2 * of_warp; }
  NOISEGATE_DEVICE static int column_of(const Thread& thread) { return thread.warp() % 2 * of_warp; }

  NOISEGATE_DEVICE void multiply(const Thread& thread, Shared& shared, int stage, Sums& sums) const {
    const int group = thread.lane() / 4, member = thread.lane() % 4;
    const int stage_a = stage * A::Layout::size, stage_b = stage * B::Layout::size;
    for (int k = 0; k < Tile::slice; k += 8) {
      Split<FragmentA> rows_a[fragments_a];
      Split<FragmentB> rows_b[fragments_b];
      for (int i = 0; i < fragments_a; ++i)
        for (int r = 0; r < 4; ++r)
          rows_a[i].set(r, shared.a[stage_a + A::Layout::at(row_of(thread) + 16 * i + group + 8 * (r % 2),
                                                            k + member + 4 * (r / 2))]);
      for (int j = 0; j < fragments_b; ++j)
        for (int r = 0; r < 2; ++r)
          rows_b[j].set(
              r, shared.b[stage_b + B::Layout::at(column_of(thread) + 8 * j + group, k + member + 4 * r)]);
      for (int i = 0; i < fragments_a; ++i)
        for (int j = 0; j < fragments_b; ++j) {
          FragmentC& c = sums.c[i][j];
          if constexpr (precision == Precision::float32) {
            thread.multiply_tf32(c, rows_a[i].small, rows_b[j].big);
            thread.multiply_tf32(c, rows_a[i].big, rows_b[j].small);
          }
          thread.multiply_tf32(c, rows_a[i].big, rows_b[j].big);
        }
    }
  }

  NOISEGATE_DEVICE void finish(const Thread& thread, int split, int first_row, int first_column,
                               const Sums& sums) const {
    for (int i = 0; i < fragments_a; ++i)
      for (int j = 0; j < fragments_b; ++j)
        for (int r = 0; r < 4; ++r) {
          const int row = first_row + row_of(thread) + 16 * i + row_of_c(thread.lane(), r);
          const int column = first_column + column_of(thread) + 8 * j + column_of_c(thread.lane(), r);
          if (row < rows && column < columns) epilogue(split, row, column, sums.c[i][j].values[r]);
        }
  }
};

template <Precision precision, class A, class B, class Epilogue>
void tile_product(Stream stream, const A& a, const B& b, const Epilogue& epilogue, int rows, int columns,
                  int depth, int splits = 1) {
  const TileProduct<precision, A, B, Epilogue> product{a, b, epilogue, rows, columns, depth, splits};
  launch(stream, std::int64_t{product.blocks_of_split()} * splits, product);
}

}  // namespace noisegate::cuda
