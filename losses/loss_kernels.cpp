#include "losses/loss_kernels.h"

#include "engine/error.h"
#include "losses/cpu/loss_kernels.h"

namespace noisegate {
namespace {

LossKernels* cuda_kernels = nullptr;

}  // namespace

void set_loss_kernels(LossKernels& kernels) {
  cuda_kernels = &kernels;
}

LossKernels& loss_kernels(Device device) {
  static CpuLossKernels cpu_kernels;
  if (device == Device::cpu) return cpu_kernels;
  if (!cuda_kernels) lacks_device_loss();
  return *cuda_kernels;
}

void lacks_device_loss() {
  fail("this build of Noisegate has no kernel for this loss on the GPU");
}

}  // namespace noisegate
