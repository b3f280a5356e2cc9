// Finding and starting the GPU that CUDA has.
#pragma once

#include "engine/cuda/device/execution.h"
#include "engine/device.h"

#include <string>

namespace noisegate::cuda {

/// Why there is no GPU that the kernels can run on, as it may follow a colon; empty where there is one.
std::string missing_gpu();

/// Makes Device::cuda ready, the first time, `install_kernels` then adding those of the rooms above the
/// engine; each time, for this format of numbers and the chosen convolutions.
void start_gpu(NumberFormat format, void (*install_kernels)(Stream));

}  // namespace noisegate::cuda
