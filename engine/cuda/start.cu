#include "engine/cuda/conv2d/cudnn.h"
#include "engine/cuda/conv2d/ladder/ladder.h"
#include "engine/cuda/gpu_limits.h"
#include "engine/cuda/install.h"
#include "engine/cuda/start.h"

#include <memory>
#include <nvtx3/nvToolsExt.h>
#include <string>
#include <utility>

namespace noisegate::cuda {
namespace {

constexpr int least_capability = 80;

std::byte* take_segment(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "memory of the GPU");
  return static_cast<std::byte*>(memory);
}

std::unique_ptr<Convolutions> cudnn(cudaStream_t stream, bool tf32, CudnnChoice choice) {
  return make_cudnn(stream, tf32 ? Precision::tf32 : Precision::float32, choice);
}

}  // namespace

std::string missing_gpu() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver)
    return "the NVIDIA driver is missing, or older than this build's CUDA " +
           std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  if (count == 0) return "the driver knows of none";
  int device = 0, major = 0, minor = 0;
  check(cudaGetDevice(&device), "the current GPU");
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "the GPU's capability");
  check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "the GPU's capability");
  if (10 * major + minor >= least_capability) return {};
  return "its compute capability is " + std::to_string(major) + "." + std::to_string(minor) +
         ", and the kernels need 8.0 or more";
}

void start_gpu(NumberFormat format, void (*install_kernels)(Stream)) {
  static cudaStream_t stream = nullptr;
  if (!stream) {
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "a stream");
    GpuPlatform platform;
    platform.take_segment = take_segment;
    platform.bench = {gpu_limits, ladder(stream),
                      [](bool tf32) { return cudnn(stream, tf32, CudnnChoice::measured); }};
    platform.begin_range = [](const char* name) { nvtxRangePushA(name); };
    platform.end_range = [] { nvtxRangePop(); };
    install(stream, std::move(platform));
    install_kernels(stream);
  }
  set_number_format(format);
  const bool asks_cudnn = convolution_algorithm() == ConvolutionAlgorithm::cudnn;
  set_convolutions(asks_cudnn ? cudnn(stream, format != NumberFormat::fp32, CudnnChoice::heuristic)
                              : nullptr);
}

}  // namespace noisegate::cuda
