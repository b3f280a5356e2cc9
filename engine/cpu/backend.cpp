#include "engine/cpu/backend.h"

#include "engine/gpu_platform.h"

namespace noisegate {

Backend& backend(Device device) {
  static CpuBackend cpu;
  return device == Device::cpu ? cpu : *require_gpu().backend;
}

}  // namespace noisegate
