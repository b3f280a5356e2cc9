// The bfloat16 element type of gemm.h: fragments by ldmatrix, of slices in packs of 8 numbers.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/device/execution.h"

namespace noisegate::cuda {

struct Bfloat16Fragments {
  using Element = Bfloat16;
  using A = FragmentA;
  using B = FragmentB;
  static constexpr int slice = 32, step = 16;

  /// A slice in shared memory: lines of `length` numbers, in packs of 8. The packs of a line are permuted by
  /// the line's number. So eight lines at one place, which ldmatrix reads, and eight neighbours, which copies
  /// write, lie in different banks.
  template <int lines, int length>
  struct Lines {
    static constexpr int packs = length / 8, size = lines * length;
    static_assert(packs % 4 == 0);

    NOISEGATE_HD static constexpr int at(int line, int place) {
      const int twist = packs % 8 == 0 ? line % 8 : line / 2 % 4;
      return (line * packs + (place / 8 ^ twist)) * 8;
    }
  };

  /// Operands whose lines run along the depth, a line a row, and those whose lines run along the rows, a line
  /// for each entry of the depth. `rows` are of A or, for B, the columns of C. Where lane `lane` points in 16
  /// of them × 16 of the depth so that load_matrices gives the registers of A's fragment or of two of B's:
  template <int rows>
  struct AlongDepth {
    using Slice = Lines<rows, slice>;
    static constexpr int size = Slice::size;
    static constexpr bool transposed = false;

    NOISEGATE_HD static constexpr int at(int row, int depth) { return Slice::at(row, depth); }
    NOISEGATE_DEVICE static int of_a(int lane, int row, int depth) {
      return at(row + lane % 16, depth + lane / 16 * 8);
    }
    NOISEGATE_DEVICE static int of_b(int lane, int row, int depth) {
      return at(row + lane / 16 * 8 + lane % 8, depth + lane / 8 % 2 * 8);
    }
  };
  template <int rows>
  struct AlongRows {
    using Slice = Lines<slice, rows>;
    static constexpr int size = Slice::size;
    static constexpr bool transposed = true;

    NOISEGATE_HD static constexpr int at(int row, int depth) { return Slice::at(depth, row); }
    NOISEGATE_DEVICE static int of_a(int lane, int row, int depth) {
      return at(row + lane / 8 % 2 * 8, depth + lane / 16 * 8 + lane % 8);
    }
    NOISEGATE_DEVICE static int of_b(int lane, int row, int depth) {
      return at(row + lane / 16 * 8, depth + lane % 16);
    }
  };

  /// 16 rows × 16 of the depth.
  template <class Layout, int size>
  NOISEGATE_DEVICE static void load_a(const Thread& thread, SharedArray<Bfloat16, size>& array, int at,
                                      int row, int depth, A& a) {
    const auto loaded =
        thread.load_matrices<Layout::transposed>(array, at + Layout::of_a(thread.lane(), row, depth));
    NOISEGATE_UNROLL
    for (int r = 0; r < 4; ++r) a.registers[r] = loaded[r];
  }
  /// Twice 8 rows × 16 of the depth.
  template <class Layout, int size>
  NOISEGATE_DEVICE static void load_b(const Thread& thread, SharedArray<Bfloat16, size>& array, int at,
                                      int row, int depth, B& first, B& second) {
    const auto loaded =
        thread.load_matrices<Layout::transposed>(array, at + Layout::of_b(thread.lane(), row, depth));
    NOISEGATE_UNROLL
    for (int r = 0; r < 2; ++r) {
      first.registers[r] = loaded[r];
      second.registers[r] = loaded[2 + r];
    }
  }
  NOISEGATE_DEVICE static void multiply(const Thread& thread, FragmentC& c, const A& a, const B& b) {
    thread.multiply_bf16(c, a, b);
  }
};

}  // namespace noisegate::cuda
