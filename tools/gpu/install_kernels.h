// The kernels of the rooms above the engine.
#pragma once

#include "engine/cuda/device/execution.h"

namespace noisegate::cuda {

/// Registers them with the CPU's code; all their work goes to this stream, the backend's. Call it once, after
/// install().
void install_kernels(Stream stream);

}  // namespace noisegate::cuda
