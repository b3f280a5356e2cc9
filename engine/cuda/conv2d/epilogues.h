// Epilogues of the GEMM (gemm.h): bias, rounding, store, per-block moments.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/conv2d/gemm.h"

namespace noisegate::cuda {

/// Stores rows of images as bfloat16 and, if `with_moments`, computes their BlockMoments: a block's rows are
/// one block of moments.
template <bool with_moments>
struct StoreImages {
  template <class Tile>
  struct Shared {
    SharedArray<float, with_moments ? Tile::warps_down * Tile::columns : 1> sums, squares;
  };
  Span<Bfloat16> out;
  Span<const float> bias;
  int rows, columns;
  Span<float> moments;

  template <class Tile>
  NOISEGATE_DEVICE void finish(const Thread& thread, Shared<Tile>& shared, const BlockOfC& block,
                               const WarpSums<Tile>& sums) const {
    const int first_row = block.first_row + Tile::row_of(thread);
    const int first_column = block.first_column + Tile::column_of(thread);
    Rounded<Tile> rounded;
    NOISEGATE_UNROLL
    for (int i = 0; i < Tile::fragments_a; ++i)
      for (int half = 0; half < 2; ++half)
        for (int j = 0; j < Tile::fragments_b; ++j) {
          const int column = first_column + 8 * j + column_of_c(thread.lane(), 0);
          const float(&values)[4] = sums.c[i][j].values;
          rounded.pairs[i][half][j] =
              bfloat16_pair(values[2 * half] + bias_of(column), values[2 * half + 1] + bias_of(column + 1));
        }
    if constexpr (with_moments) store_moments(thread, shared, block, rounded);
    NOISEGATE_UNROLL
    for (int i = 0; i < Tile::fragments_a; ++i)
      for (int half = 0; half < 2; ++half)
        for (int j = 0; j < Tile::fragments_b; j += 4) {
          std::uint32_t pairs[4];
          for (int k = 0; k < 4; ++k) pairs[k] = rounded.pairs[i][half][j + k];
          store(thread, first_row + 16 * i + 8 * half, first_column + 8 * j, pairs);
        }
  }

 private:
  /// A warp's share of the block's tile, two neighbouring columns in a word.
  template <class Tile>
  struct Rounded {
    std::uint32_t pairs[Tile::fragments_a][2][Tile::fragments_b];
  };

  NOISEGATE_DEVICE float bias_of(int column) const { return bias && column < columns ? bias[column] : 0; }

  /// In four neighbouring fragments a lane holds two columns each. The four lanes of a row exchange them, so
  /// that each lane holds eight columns of one fragment and stores them at once.
  NOISEGATE_DEVICE void store(const Thread& thread, int first_row, int first_column,
                              std::uint32_t (&pairs)[4]) const {
    NOISEGATE_UNROLL
    for (int mask = 1; mask <= 2; mask *= 2)
      for (int k = 0; k < 4; ++k) {
        if ((k & mask) != 0) continue;
        const bool upper = (thread.lane() & mask) != 0;
        std::uint32_t &low = pairs[k], &high = pairs[k + mask];
        const std::uint32_t received = thread.shuffle_xor(upper ? low : high, mask);
        low = upper ? received : low;
        high = upper ? high : received;
      }
    const int row = first_row + thread.lane() / 4, column = first_column + thread.lane() % 4 * 8;
    if (row >= rows) return;
    Pack<Bfloat16, 8> pack;
    NOISEGATE_UNROLL
    for (int k = 0; k < 8; ++k) pack[k].bits = static_cast<std::uint16_t>(pairs[k / 2] >> 16 * (k % 2));
    const std::int64_t at = std::int64_t{row} * columns + column;
    if (columns % 8 == 0) {
      if (column < columns) out.store<8>(at, pack);
    } else {
      for (int k = 0; k < 8 && column + k < columns; ++k) out[at + k] = pack[k];
    }
  }

  /// First the block's sums of each column, then the squared distances from its mean.
  template <class Tile>
  NOISEGATE_DEVICE void store_moments(const Thread& thread, Shared<Tile>& shared, const BlockOfC& block,
                                      const Rounded<Tile>& rounded) const {
    const int end = rows - block.first_row < Tile::rows ? rows - block.first_row : Tile::rows;
    float means[Tile::fragments_b][2]{};
    add_up(thread, end, rounded, shared.sums, means, [](float value, float) { return value; });
    NOISEGATE_UNROLL
    for (int j = 0; j < Tile::fragments_b; ++j)
      for (int e = 0; e < 2; ++e) {
        const int column = Tile::column_of(thread) + 8 * j + column_of_c(thread.lane(), e);
        means[j][e] = total<Tile>(shared.sums, column) / static_cast<float>(end);
      }
    add_up(thread, end, rounded, shared.squares, means,
           [](float value, float mean) { return (value - mean) * (value - mean); });

    const std::int64_t blocks = parts(rows, Tile::rows), own = block.first_row / Tile::rows;
    for (int i = thread.index(); i < Tile::columns && block.first_column + i < columns; i += Tile::threads) {
      const std::int64_t column = block.first_column + i;
      moments[column * blocks + own] = total<Tile>(shared.sums, i);
      moments[(columns + column) * blocks + own] = total<Tile>(shared.squares, i);
    }
  }

  /// Σ term(value, mean) of each column, over a lane's rows and then over the lanes of a column. of_warps
  /// holds the result of each warp.
  template <class Tile, class Array, class Term>
  NOISEGATE_DEVICE static void add_up(const Thread& thread, int end, const Rounded<Tile>& rounded,
                                      Array& of_warps, const float (&means)[Tile::fragments_b][2],
                                      const Term& term) {
    NOISEGATE_UNROLL
    for (int j = 0; j < Tile::fragments_b; ++j)
      for (int e = 0; e < 2; ++e) {
        float sum = 0;
        for (int i = 0; i < Tile::fragments_a; ++i)
          for (int half = 0; half < 2; ++half) {
            Bfloat16 value;
            value.bits = static_cast<std::uint16_t>(rounded.pairs[i][half][j] >> 16 * e);
            const int row = Tile::row_of(thread) + 16 * i + row_of_c(thread.lane(), 2 * half);
            if (row < end) sum += term(value, means[j][e]);
          }
        for (int mask = warp_size / 2; mask >= 4; mask /= 2) sum += thread.shuffle_xor(sum, mask);
        if (thread.lane() < 4)
          of_warps[thread.warp() / Tile::warps_across * Tile::columns + Tile::column_of(thread) + 8 * j +
                   column_of_c(thread.lane(), e)] = sum;
      }
    thread.barrier();
  }
  template <class Tile, class Array>
  NOISEGATE_DEVICE static float total(Array& of_warps, int column) {
    float sum = 0;
    for (int warp = 0; warp < Tile::warps_down; ++warp) sum += of_warps[warp * Tile::columns + column];
    return sum;
  }
};

/// float32: rows of images with their bias, or each split's part of a weight gradient, one part after the
/// other. Stores `width` neighbours at once: 2 if the number of columns is even.
template <int width>
struct StoreSums {
  template <class Tile>
  struct Shared {};
  Span<float> out;
  int rows, columns;
  Span<const float> bias = {};

  template <class Tile>
  NOISEGATE_DEVICE void finish(const Thread& thread, Shared<Tile>&, const BlockOfC& block,
                               const WarpSums<Tile>& sums) const {
    NOISEGATE_UNROLL
    for (int i = 0; i < Tile::fragments_a; ++i)
      for (int j = 0; j < Tile::fragments_b; ++j)
        for (int r = 0; r < 4; r += width) {
          const int row = block.first_row + Tile::row_of(thread) + 16 * i + row_of_c(thread.lane(), r);
          const int column =
              block.first_column + Tile::column_of(thread) + 8 * j + column_of_c(thread.lane(), r);
          if (row >= rows || column >= columns) continue;
          Pack<float, width> pack;
          for (int k = 0; k < width; ++k)
            pack[k] = sums.c[i][j].values[r + k] + (bias ? bias[column + k] : 0);
          out.store<width>((std::int64_t{block.split} * rows + row) * columns + column, pack);
        }
  }
};

}  // namespace noisegate::cuda
