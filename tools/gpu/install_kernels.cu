#include "datasets/cuda/augment.h"
#include "losses/cuda/losses.h"
#include "losses/schemes/cuda/schemes.h"
#include "tools/gpu/install_kernels.h"

namespace noisegate::cuda {

void install_kernels(Stream stream) {
  set_cuda_losses(stream);
  set_cuda_schemes();
  set_device_batch_kernel([stream](const DeviceBatch& batch, Tensor& out) { augment(stream, batch, out); });
}

}  // namespace noisegate::cuda
