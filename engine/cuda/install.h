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

/// Sets the precision of the installed backend.
void set_number_format(NumberFormat format);
/// Hands the installed backend's convolutions to this backend; null: to our own kernels.
void set_convolutions(std::unique_ptr<Convolutions> others);

}  // namespace noisegate::cuda
