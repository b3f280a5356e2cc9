#include "engine/queue.h"

#include "engine/error.h"

namespace noisegate {
namespace {

DeviceQueue* cuda_queue = nullptr;

}  // namespace

DeviceQueue& device_queue() {
  if (!cuda_queue) reject("this build of Noisegate has no CUDA backend");
  return *cuda_queue;
}

void set_device_queue(DeviceQueue& queue) {
  cuda_queue = &queue;
}

}  // namespace noisegate
