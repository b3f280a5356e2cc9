// main() of tests that run on the emulated GPU: what they put on test_device goes through the CUDA backend's
// own kernels.
#define DOCTEST_CONFIG_IMPLEMENT
#include "datasets/cuda/augment.h"
#include "engine/cuda/backend.h"
#include "engine/memory.h"
#include "tests/test_device.h"

#include <new>

#include <doctest/doctest.h>

namespace {

std::byte* take_segment(std::size_t bytes) {
  return static_cast<std::byte*>(::operator new (bytes, std::align_val_t{256}));
}

}  // namespace

int main(int count, char** arguments) {
  noisegate::cuda::CudaBackend gpu({});
  noisegate::set_cuda_memory(take_segment);
  noisegate::set_cuda_backend(gpu);
  noisegate::set_device_batch_kernel(
      [](const auto& batch, noisegate::Tensor& out) { noisegate::cuda::augment({}, batch, out); });
  noisegate::test_device = noisegate::Device::cuda;
  return doctest::Context(count, arguments).run();
}
