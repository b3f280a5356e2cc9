#include "losses/schemes/kernels/scheme_kernels.h"

#include "engine/error.h"
#include "losses/schemes/kernels/cpu_kernels.h"

namespace noisegate {
namespace {

SchemeKernels* cuda_kernels = nullptr;

}  // namespace

void set_scheme_kernels(SchemeKernels& kernels) {
  cuda_kernels = &kernels;
}

SchemeKernels& scheme_kernels(Device device) {
  static CpuSchemeKernels cpu_kernels;
  if (device == Device::cpu) return cpu_kernels;
  if (!cuda_kernels) fail("this build of Noisegate has no schemes on the GPU");
  return *cuda_kernels;
}

}  // namespace noisegate
