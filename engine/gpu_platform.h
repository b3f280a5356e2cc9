// What the engine has of a GPU, in one struct that is installed once (cuda/install.h). Kernels of the rooms
// above the engine are made known where they are asked for (losses/loss_kernels.h,
// datasets/batches/device_batches.h).
#pragma once

#include "engine/backend.h"
#include "engine/gpu_bench.h"
#include "engine/memory.h"
#include "engine/queue.h"

namespace noisegate {

struct GpuPlatform {
  MemorySource take_segment = nullptr;  // where the blocks of Device::cuda are cut from
  DeviceQueue* queue = nullptr;
  Backend* backend = nullptr;
  GpuBench bench = {};
  /// Called at the begin of each Trace with its name ("conv2d", "conv2d backward"), and at its end: for a
  /// profiler. May be null.
  void (*begin_range)(const char* name) = nullptr;
  void (*end_range)() = nullptr;
};

/// Makes this Device::cuda. Once in a program, before anything is put there.
void install_gpu(GpuPlatform platform);

/// What is installed; null before.
const GpuPlatform* installed_gpu();
/// The same; throws Error where there is none.
const GpuPlatform& require_gpu();

}  // namespace noisegate
