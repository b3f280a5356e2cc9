// The memory pool behind every tensor. A training step asks for the same blocks again and again; the pool
// keeps what was freed, so that after the first step nothing is asked of the system, and it counts its peak.
#pragma once

#include "engine/device.h"

#include <cstddef>
#include <memory>

namespace noisegate {

struct MemoryStatistics {
  std::size_t in_use = 0;    // bytes in live blocks
  std::size_t peak = 0;      // largest in_use since the start or the last reset
  std::size_t reserved = 0;  // bytes taken from the system, live and free together
};

/// A block of device memory that goes back to its pool with its last owner. Aligned to 64 bytes (CPU) or
/// 256 bytes (CUDA); the contents are not initialised. Throws Error when the system has no more.
std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device);

/// Gives a segment of so many bytes, aligned to 256, for good. Throws Error when there are no more.
using MemorySource = std::byte* (*)(std::size_t bytes);

/// While one lives, blocks of Device::cuda come from a pool that nobody else gets blocks from: a recorded
/// step writes where it wrote when it was recorded, whoever may have that memory by then.
class StepMemory {
 public:
  StepMemory();
  ~StepMemory();
  StepMemory(const StepMemory&) = delete;
  StepMemory& operator=(const StepMemory&) = delete;

 private:
  bool before_;
};

/// Of all pools of the device; the peak is the sum of theirs.
MemoryStatistics memory_statistics(Device device);

/// Lets the peak start again from what is in use now.
void reset_peak_memory(Device device);

}  // namespace noisegate
