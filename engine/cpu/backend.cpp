#include "engine/cpu/backend.h"

#include "engine/error.h"

namespace noisegate {
namespace {

Backend* cuda_backend = nullptr;

}  // namespace

Backend& backend(Device device) {
  static CpuBackend cpu;
  if (device == Device::cpu) return cpu;
  if (!cuda_backend) reject("this build of Noisegate has no CUDA backend");
  return *cuda_backend;
}

void set_cuda_backend(Backend& backend) {
  cuda_backend = &backend;
}

}  // namespace noisegate
