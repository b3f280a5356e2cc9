#include "engine/device.h"

#include "engine/error.h"
#include "engine/text.h"

namespace noisegate {
namespace {

ConvolutionAlgorithm chosen_convolution = ConvolutionAlgorithm::automatic;
NumberFormat chosen_format = NumberFormat::fp32;
GpuAccess gpu{};

}  // namespace

std::string to_string(Device device) {
  return device == Device::cpu ? "cpu" : "cuda";
}

void set_gpu_access(const GpuAccess& access) {
  gpu = access;
}

bool cuda_available() {
  return gpu.missing && gpu.missing().empty();
}

Device parse_device(const std::string& word) {
  if (word == "cpu") return Device::cpu;
  if (word == "auto") return cuda_available() ? Device::cuda : Device::cpu;
  if (word != "cuda") reject("--device {}: there are auto, cpu and cuda", shown(word));
  if (!gpu.missing) reject("--device cuda: this build of Noisegate has no CUDA backend; use --device cpu");
  if (const std::string reason = gpu.missing(); !reason.empty())
    reject("--device cuda: there is no GPU here that can be used: {}", reason);
  return Device::cuda;
}

std::string to_string(NumberFormat format) {
  switch (format) {
    case NumberFormat::fp32:
      return "fp32";
    case NumberFormat::tf32:
      return "tf32";
    case NumberFormat::bf16:
      break;
  }
  return "bf16";
}

NumberFormat parse_precision(const std::string& word) {
  for (const NumberFormat format : {NumberFormat::fp32, NumberFormat::tf32, NumberFormat::bf16})
    if (word == to_string(format)) return format;
  reject("--precision is fp32, tf32 or bf16, not '{}'", shown(word));
}

void use_device(Device device, NumberFormat format) {
  if (device == Device::cpu && format != NumberFormat::fp32)
    reject("--precision {} needs a GPU: the CPU computes in fp32", to_string(format));
  if (device == Device::cpu && chosen_convolution == ConvolutionAlgorithm::cudnn)
    reject("--conv cudnn needs a GPU: use auto or direct");
  if (device == Device::cuda) gpu.start(format);
  chosen_format = format;
}

NumberFormat number_format() {
  return chosen_format;
}

ConvolutionAlgorithm parse_convolution_algorithm(const std::string& word) {
  if (word == "auto") return ConvolutionAlgorithm::automatic;
  if (word == "direct") return ConvolutionAlgorithm::direct;
  if (word == "cudnn") return ConvolutionAlgorithm::cudnn;
  reject("--conv {}: there are auto, direct and cudnn", shown(word));
}

void set_convolution_algorithm(ConvolutionAlgorithm algorithm) {
  chosen_convolution = algorithm;
}

ConvolutionAlgorithm convolution_algorithm() {
  return chosen_convolution;
}

}  // namespace noisegate
