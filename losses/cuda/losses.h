// The losses on the GPU.
#pragma once

#include "engine/cuda/device/execution.h"

namespace noisegate::cuda {

/// Makes the losses' kernels known to the CPU's code, which finds none before; all their work goes to this
/// stream, the backend's. Called once, beside install().
void set_cuda_losses(Stream stream);

// What set_cuda_losses() is made of, a family each.
inline Stream stream_of_losses{};
void offer_py_losses();
void offer_clipped_losses();
void offer_row_losses();

}  // namespace noisegate::cuda
