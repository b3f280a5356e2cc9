#include "engine/cuda/backend.h"
#include "engine/cuda/device/queue.h"
#include "engine/cuda/install.h"

#include <utility>

namespace noisegate::cuda {
namespace {

// It lives to the end of the program: tensors in static storage may outlive any other order.
CudaBackend* installed = nullptr;

}  // namespace

void install(Stream stream, GpuPlatform platform) {
  installed = new CudaBackend(stream);
  platform.queue = new StreamQueue(stream);
  platform.backend = installed;
  install_gpu(std::move(platform));
}

void set_number_format(NumberFormat format) {
  installed->set_precision(format == NumberFormat::fp32 ? Precision::float32 : Precision::tf32);
}

void set_convolutions(std::unique_ptr<Convolutions> others) {
  installed->set_convolutions(std::move(others));
}

}  // namespace noisegate::cuda
