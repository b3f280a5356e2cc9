// Neighbouring elements that are loaded and stored as one.
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

/// Which cache a copy to shared memory leaves its data in: the multiprocessor's own as well, for what its
/// threads read again soon, or the GPU's alone.
enum class Cache { first_level, second_level };

}  // namespace noisegate::cuda
