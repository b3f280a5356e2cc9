// The division of work into blocks.
#pragma once

#include "engine/host_device.h"

#include <cstdint>

namespace noisegate::cuda {

/// Returns ⌈count / size⌉: the number of blocks or steps of `size` that cover `count`.
NOISEGATE_HD constexpr std::int64_t parts(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

/// Throws Error for more blocks than CUDA allows.
void require_grid(std::int64_t blocks);

}  // namespace noisegate::cuda
