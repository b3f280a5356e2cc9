#include "engine/gpu_platform.h"

#include "engine/error.h"

#include <utility>

namespace noisegate {
namespace {

// It lives to the end of the program: tensors in static storage may outlive any other order.
const GpuPlatform* installed = nullptr;

}  // namespace

void install_gpu(GpuPlatform platform) {
  installed = new GpuPlatform(std::move(platform));
}

const GpuPlatform* installed_gpu() {
  return installed;
}

const GpuPlatform& require_gpu() {
  if (!installed) reject("this build of Noisegate has no CUDA backend");
  return *installed;
}

const GpuBench& gpu_bench() {
  return require_gpu().bench;
}

}  // namespace noisegate
