// The elements that each lane of a warp holds of the matrices of mma.sync, the tensor-core instruction by
// which a warp computes C (16×8) += A (16×k) · B (k×8): k = 8 for TF32 (float32 whose last 13 bits are
// ignored), k = 16 for bfloat16. PTX ISA, "Matrix Fragments for mma.m16n8k8" and "… m16n8k16".
//
// With group = lane / 4 and member = lane % 4, and E the elements of 32 bits, 1 of TF32 and 2 of bfloat16
// (the lower half first), element e of register r is
//   A   row group + 8·(r % 2), column E·member + 4·E·(r / 2) + e
//   B   row E·member + 4·E·r + e, column group
// and of C, value r is row group + 8·(r / 2), column 2·member + r % 2.
#pragma once

#include "engine/host_device.h"

#include <cstdint>

namespace noisegate::cuda {

struct FragmentA {
  std::uint32_t registers[4];
};
struct FragmentB {
  std::uint32_t registers[2];
};
struct FragmentC {
  float values[4];
};

/// The row and column of a lane's value r in C.
NOISEGATE_HD constexpr int row_of_c(int lane, int r) {
  return lane / 4 + 8 * (r / 2);
}
NOISEGATE_HD constexpr int column_of_c(int lane, int r) {
  return 2 * (lane % 4) + r % 2;
}

}  // namespace noisegate::cuda
