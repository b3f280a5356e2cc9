#include "losses/schemes/cuda/scheme_kernels.h"
#include "losses/schemes/cuda/schemes.h"

namespace noisegate::cuda {

void set_cuda_schemes() {
  static CudaSchemeKernels kernels;
  set_scheme_kernels(kernels);
}

}  // namespace noisegate::cuda
