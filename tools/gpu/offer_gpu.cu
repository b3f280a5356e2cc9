#include "engine/cuda/start.h"
#include "tools/gpu/install_kernels.h"
#include "tools/gpu/offer_gpu.h"

namespace noisegate {

void offer_gpu() {
  set_gpu_access(
      {cuda::missing_gpu, [](NumberFormat format) { cuda::start_gpu(format, cuda::install_kernels); }});
}

}  // namespace noisegate
