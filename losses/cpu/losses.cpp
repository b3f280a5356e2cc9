#include "engine/backend.h"
#include "losses/cpu/loss_kernels.h"

namespace noisegate {

Tensor CpuLossKernels::mean(const Tensor& values, const Tensor& weights) {
  const float *value = values.data<float>(), *weight = weights.defined() ? weights.data<float>() : nullptr;
  const std::int64_t samples = values.numel();
  double sum = 0;
  for (std::int64_t i = 0; i < samples; ++i) sum += weight ? value[i] * weight[i] : value[i];
  return Tensor::full({}, static_cast<float>(sum / static_cast<double>(samples)));
}

Tensor CpuLossKernels::scaled_gradients(const Tensor& gradients, const Tensor& weights, const Tensor& grad,
                                        std::int64_t samples) {
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

}  // namespace noisegate
