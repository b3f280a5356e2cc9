// How work is divided into blocks.
#pragma once

#include "engine/host_device.h"

#include <cstdint>

namespace noisegate::cuda {

/// ⌈count / size⌉: blocks or steps of `size` that cover `count`.
NOISEGATE_HD constexpr std::int64_t parts(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

/// Throws Error for more blocks than CUDA has.
void require_grid(std::int64_t blocks);

}  // namespace noisegate::cuda
