// Device, number format, thread count and convolution algorithm of the process.
#pragma once

#include <cstdint>
#include <string>

namespace noisegate {

enum class Device : std::uint8_t { cpu, cuda };

std::string to_string(Device device);

/// Parses "cpu", "cuda" or "auto" (a usable GPU if there is one, else the CPU). Throws Error for another
/// word, and for "cuda" if this build or this machine has none.
Device parse_device(const std::string& word);

/// Whether this build has the CUDA backend and this machine a GPU that it can use.
bool cuda_available();

/// How numbers are stored and multiplied. The CPU has fp32 only.
enum class NumberFormat : std::uint8_t {
  fp32,  // float32 throughout
  tf32,  // float32; convolutions round their factors to TF32
  bf16,  // bfloat16 activations and factors of convolutions; float32 parameters, sums and statistics
};

std::string to_string(NumberFormat format);
/// Parses "fp32", "tf32" or "bf16"; throws Error for another word.
NumberFormat parse_precision(const std::string& word);

/// Prepares the device for work in this format and with the convolution algorithm that
/// set_convolution_algorithm() chose. Call it before allocating on the device. Throws Error if the device
/// does not support them, and if the GPU cannot be started.
void use_device(Device device, NumberFormat format);
/// Returns the format of the last use_device().
NumberFormat number_format();

/// Hooks that a CUDA build registers.
struct GpuAccess {
  /// Returns why no GPU is usable, as a clause that may follow a colon; empty if one is.
  std::string (*missing)();
  /// Installs memory, a stream and a backend for Device::cuda in this format; later calls change the format.
  void (*start)(NumberFormat format);
};
/// Registers the hooks, before the first request for a GPU. Without them there is no GPU.
void set_gpu_access(const GpuAccess& access);

/// Sets the number of threads of the CPU kernels; 0 means OMP_NUM_THREADS or one per core, or as many as
/// OMP_THREAD_LIMIT allows. Same count, same seed → the same bits. Throws Error for a number that makes no
/// sense on this machine (more than four per core), and for one that OpenMP or the system refuses.
void set_thread_count(int threads);
/// Returns the number of threads of a team; if none was set, the number that set_thread_count(0) sets. Call
/// it before handing work to oneDNN.
int thread_count();

/// How convolutions are computed. On the CPU, Winograd's algorithm is about twice as fast where it applies,
/// with a few times the rounding error of the direct sum; on the GPU `automatic` and `direct` are the same.
enum class ConvolutionAlgorithm : std::uint8_t {
  automatic,  // Winograd's where it is faster, decided by the shapes alone
  direct,     // always the sum of the definition
  cudnn,      // on the GPU only: cuDNN's kernels instead of Noisegate's
};

/// Parses "auto", "direct" or "cudnn"; throws Error for another word.
ConvolutionAlgorithm parse_convolution_algorithm(const std::string& word);
void set_convolution_algorithm(ConvolutionAlgorithm algorithm);
ConvolutionAlgorithm convolution_algorithm();

}  // namespace noisegate
