#include "losses/loss_kernels.h"

#include "engine/error.h"
#include "losses/device_loss.h"

namespace noisegate {
namespace {

LossKernels* kernels_in_use = nullptr;

}  // namespace

void set_loss_kernels(LossKernels& kernels) {
  kernels_in_use = &kernels;
}

LossKernels& loss_kernels() {
  if (!kernels_in_use) lacks_device_loss();
  return *kernels_in_use;
}

void lacks_device_loss() {
  fail("this build of Noisegate has no kernel for this loss on the GPU");
}

}  // namespace noisegate
