// Turns CUDA's errors into Error.
#pragma once

#include <cuda_runtime_api.h>

namespace noisegate::cuda {

/// Throws Error unless `status` is success; the sentence names `what` was tried.
void check(cudaError_t status, const char* what);

}  // namespace noisegate::cuda
