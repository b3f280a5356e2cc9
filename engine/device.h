// Where tensors live, how precisely and by how many threads they are worked on, and how the CPU convolves.
#pragma once

#include <cstdint>
#include <string>

namespace noisegate {

enum class Device : std::uint8_t { cpu, cuda };

std::string to_string(Device device);

/// "cpu", "cuda" or "auto" (a GPU where there is one that this build can use, else the CPU).
/// Throws Error for another word, and for "cuda" where this build or this machine has none.
Device parse_device(const std::string& word);

/// Whether this build has the CUDA backend and this machine a GPU that it can use.
bool cuda_available();

/// How numbers are kept and multiplied. The CPU knows fp32 alone.
enum class NumberFormat : std::uint8_t {
  fp32,  // float32 throughout
  tf32,  // float32; convolutions round their factors to TF32
  bf16,  // activations and what convolutions multiply are bfloat16; parameters, sums and statistics float32
};

std::string to_string(NumberFormat format);
/// "fp32", "tf32" or "bf16"; throws Error for another word.
NumberFormat parse_precision(const std::string& word);

/// Makes the device ready to work in this format, by the set_convolution_algorithm() that was chosen: call it
/// before anything is put there. Throws Error for what the device does not have, and where a GPU cannot be
/// started.
void use_device(Device device, NumberFormat format);
/// What the last use_device() said.
NumberFormat number_format();

/// How a build gets at its GPU.
struct GpuAccess {
  /// Why this machine has none that can be used, as it may follow a colon; empty where it has.
  std::string (*missing)();
  /// Gives Device::cuda memory, a queue and a backend of this format; later calls change the format.
  void (*start)(NumberFormat format);
};
/// Before anything asks for a GPU; without it there is none.
void set_gpu_access(const GpuAccess& access);

/// Threads of the CPU kernels; 0 means OMP_NUM_THREADS or one per core, or as many as OMP_THREAD_LIMIT
/// allows. Same count, same seed → the same bits. Throws Error for a number that makes no sense on this
/// machine (more than four a core), and for one that OpenMP or the system does not give.
void set_thread_count(int threads);
/// The threads that a team has from here on; where nobody has said how many, as set_thread_count(0) does.
/// Whatever hands work to oneDNN asks for it first.
int thread_count();

/// How convolutions are worked out. On the CPU, Winograd's algorithm is about twice as fast where it applies,
/// at a few times the direct sum's rounding error; on the GPU `automatic` and `direct` are the same.
enum class ConvolutionAlgorithm : std::uint8_t {
  automatic,  // Winograd's where it pays, by the shapes alone
  direct,     // the definition's sum always
  cudnn,      // on the GPU alone: cuDNN's kernels in place of Noisegate's own
};

/// "auto", "direct" or "cudnn"; throws Error for another word.
ConvolutionAlgorithm parse_convolution_algorithm(const std::string& word);
void set_convolution_algorithm(ConvolutionAlgorithm algorithm);
ConvolutionAlgorithm convolution_algorithm();

}  // namespace noisegate
