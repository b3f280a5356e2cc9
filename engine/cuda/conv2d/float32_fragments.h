// The float32 element type of gemm.h: products by TF32, one or three per product.
#pragma once

#include "engine/cuda/conv2d/precision.h"
#include "engine/cuda/device/execution.h"

namespace noisegate::cuda {

template <Precision precision>
struct Float32Fragments {
  using Element = float;
  static constexpr int slice = 16, step = 8;

  /// Floats as two TF32 numbers: `big`, and the rest.
  template <class Fragment>
  struct Split {
    Fragment big, small;

    NOISEGATE_DEVICE void set(int r, float value) {
      big.registers[r] = round_to_tf32(value);
      small.registers[r] = round_to_tf32(value - number_of_tf32(big.registers[r]));
    }
  };
  using A = Split<FragmentA>;
  using B = Split<FragmentB>;

  /// A slice in shared memory, in lines along the depth or along the rows. The padding puts the 8 rows × 4 of
  /// the depth that the lanes of a warp read at once into 32 different banks.
  template <int rows>
  struct AlongDepth {
    static constexpr int line = slice + 4, size = rows * line;
    NOISEGATE_HD static constexpr int at(int row, int depth) { return row * line + depth; }
  };
  template <int rows>
  struct AlongRows {
    static constexpr int line = rows + 8, size = slice * line;
    NOISEGATE_HD static constexpr int at(int row, int depth) { return depth * line + row; }
  };

  /// 16 rows × 8 of the depth.
  template <class Layout, int size>
  NOISEGATE_DEVICE static void load_a(const Thread& thread, SharedArray<float, size>& array, int at, int row,
                                      int depth, A& a) {
    const int group = thread.lane() / 4, member = thread.lane() % 4;
    NOISEGATE_UNROLL
    for (int r = 0; r < 4; ++r)
      a.set(r, array[at + Layout::at(row + group + 8 * (r % 2), depth + member + 4 * (r / 2))]);
  }
  /// Twice 8 rows × 8 of the depth.
  template <class Layout, int size>
  NOISEGATE_DEVICE static void load_b(const Thread& thread, SharedArray<float, size>& array, int at, int row,
                                      int depth, B& first, B& second) {
    const int group = thread.lane() / 4, member = thread.lane() % 4;
    NOISEGATE_UNROLL
    for (int r = 0; r < 2; ++r) {
      first.set(r, array[at + Layout::at(row + group, depth + member + 4 * r)]);
      second.set(r, array[at + Layout::at(row + 8 + group, depth + member + 4 * r)]);
    }
  }
  NOISEGATE_DEVICE static void multiply(const Thread& thread, FragmentC& c, const A& a, const B& b) {
    if constexpr (precision == Precision::float32) {
      thread.multiply_tf32(c, a.small, b.big);
      thread.multiply_tf32(c, a.big, b.small);
    }
    thread.multiply_tf32(c, a.big, b.big);
  }
};

}  // namespace noisegate::cuda
