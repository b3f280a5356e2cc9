// Neighbouring elements that a thread loads and stores as one.
#pragma once

#include "engine/host_device.h"

namespace noisegate::cuda {

/// `count` elements in at most 16 bytes, which a thread moves by one instruction.
template <class T, int count>
struct alignas(sizeof(T) * count) Pack {
  static_assert(sizeof(T) * count <= 16);
  T values[count];

  NOISEGATE_HD T& operator[](int i) { return values[i]; }
  NOISEGATE_HD const T& operator[](int i) const { return values[i]; }
};

/// The cache in which a copy to shared memory leaves its data: also the multiprocessor's own, for data that
/// its threads read again soon, or the GPU's alone.
enum class Cache { first_level, second_level };

}  // namespace noisegate::cuda
