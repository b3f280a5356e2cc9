#include "engine/cuda/device/check.h"

#include "engine/error.h"

namespace noisegate::cuda {

void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) fail("CUDA: {}: {}", what, cudaGetErrorString(status));
}

}  // namespace noisegate::cuda
