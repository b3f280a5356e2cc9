#include "losses/loss_kernels.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "losses/parts.h"

namespace noisegate {
namespace {

class CpuLossKernels final : public LossKernels {
 public:
  Tensor mean(const Tensor& values, const Tensor& weights) override {
    const float *value = values.data<float>(), *weight = weights.defined() ? weights.data<float>() : nullptr;
    const std::int64_t samples = values.numel();
    double sum = 0;
    for (std::int64_t i = 0; i < samples; ++i) sum += weight ? value[i] * weight[i] : value[i];
    return Tensor::full({}, static_cast<float>(sum / static_cast<double>(samples)));
  }

  Tensor scaled_gradients(const Tensor& gradients, const Tensor& weights, const Tensor& grad,
                          std::int64_t samples) override {
    const auto factor = static_cast<float>(grad.item() / static_cast<double>(samples));
    if (!weights.defined()) return backend(gradients).affine(gradients, factor, 0);
    Tensor scaled = Tensor::empty(gradients.shape());
    const float *from = gradients.data<float>(), *weight = weights.data<float>();
    float* to = scaled.data<float>();
    const std::int64_t rows = gradients.size(0), columns = gradients.size(1);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) *to++ = *from++ * weight[i % samples] * factor;
    return scaled;
  }
};

LossKernels* cuda_kernels = nullptr;

}  // namespace

void set_loss_kernels(LossKernels& kernels) {
  cuda_kernels = &kernels;
}

LossKernels& loss_kernels(Device device) {
  static CpuLossKernels cpu_kernels;
  if (device == Device::cpu) return cpu_kernels;
  if (!cuda_kernels) lacks_device_loss();
  return *cuda_kernels;
}

void lacks_device_loss() {
  fail("this build of Noisegate has no losses on the GPU");
}

}  // namespace noisegate
