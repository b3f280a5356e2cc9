// The memory pool behind every tensor. A training step asks for the same blocks in every step; the pool keeps
// freed blocks, so that after the first step nothing is allocated from the system, and it counts its peak.
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

/// Allocates a block of device memory that returns to its pool with its last owner. Aligned to 64 bytes (CPU)
/// or 256 bytes (CUDA); the contents are not initialised. Throws Error when the system has no more.
std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device);

/// Allocates a 256-byte aligned segment that is never freed. Throws Error when there is no memory left.
using MemorySource = std::byte* (*)(std::size_t bytes);

/// While an instance lives, allocations on Device::cuda come from a graph-private pool: a captured graph
/// replays with the addresses it was captured with.
class StepMemory {
 public:
  StepMemory();
  ~StepMemory();
  StepMemory(const StepMemory&) = delete;
  StepMemory& operator=(const StepMemory&) = delete;

 private:
  bool before_;
};

/// Returns the sums over all pools of the device; the peak is the sum of their peaks.
MemoryStatistics memory_statistics(Device device);

/// Resets the peak to the memory in use now.
void reset_peak_memory(Device device);

}  // namespace noisegate
