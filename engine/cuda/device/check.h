// CUDA's errors as ours.
#pragma once

#include <cuda_runtime_api.h>

namespace noisegate::cuda {

/// Throws Error, naming `what` was tried, unless `status` is success.
void check(cudaError_t status, const char* what);

}  // namespace noisegate::cuda
