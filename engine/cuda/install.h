// The engine's part of a GPU, put in place.
#pragma once

#include "engine/convolutions.h"
#include "engine/cuda/device/execution.h"
#include "engine/device.h"
#include "engine/gpu_platform.h"

#include <memory>

namespace noisegate::cuda {

/// Makes Device::cuda ready: the platform, whose queue and backend are this stream's. Once in a program.
void install(Stream stream, GpuPlatform platform);

/// The precision of the installed backend.
void set_number_format(NumberFormat format);
/// Leaves the installed backend's convolutions to these; null: to its own kernels.
void set_convolutions(std::unique_ptr<Convolutions> others);

}  // namespace noisegate::cuda
