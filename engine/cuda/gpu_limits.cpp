#include "engine/cuda/gpu_limits.h"

#include "engine/cuda/device/check.h"

#include <cuda_runtime_api.h>

namespace noisegate::cuda {
namespace {

double attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, device), "a property of the GPU");
  return value;
}

}  // namespace

MultiplyAdds multiply_adds_a_clock(int major, int minor) {
  if (major == 8 && minor == 0) return {64, 512, 1024};  // A100
  if (major == 9) return {128, 1024, 2048};              // H100, H200: of wgmma; mma.sync reaches less
  if (major == 10) return {128, 2048, 4096};             // B200
  return {128, 256, 512};                                // workstation cards of Ampere, Ada and Blackwell
}

GpuLimits gpu_limits() {
  int device = 0;
  check(cudaGetDevice(&device), "the current GPU");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "the GPU's properties");
  constexpr double kilo = 1000, edges_a_clock = 2, bits_a_byte = 8, operations = 2;
  const double clock = kilo * attribute(cudaDevAttrClockRate, device);
  const double memory_clock = kilo * attribute(cudaDevAttrMemoryClockRate, device);
  const MultiplyAdds most = multiply_adds_a_clock(properties.major, properties.minor);
  const double a_second = operations * clock * properties.multiProcessorCount;
  return {.name = properties.name,
          .bytes_per_second =
              edges_a_clock * memory_clock * attribute(cudaDevAttrGlobalMemoryBusWidth, device) / bits_a_byte,
          .fp32_flops = a_second * most.fp32,
          .tf32_flops = a_second * most.tf32,
          .bf16_flops = a_second * most.bf16,
          .multiprocessors = properties.multiProcessorCount};
}

}  // namespace noisegate::cuda
