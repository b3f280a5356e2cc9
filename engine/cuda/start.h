// Finds and starts a CUDA GPU.
#pragma once

#include "engine/cuda/device/execution.h"
#include "engine/device.h"

#include <string>

namespace noisegate::cuda {

/// Returns why no GPU can run the kernels, as a clause that may follow a colon; empty if one can.
std::string missing_gpu();

/// Prepares Device::cuda for this number format and the chosen convolution algorithm. The first call also
/// starts the GPU, and `install_kernels` then installs the kernels of the rooms above the engine.
void start_gpu(NumberFormat format, void (*install_kernels)(Stream));

}  // namespace noisegate::cuda
