#include "engine/backend.h"
#include "losses/schemes/kernels/cpu_kernels.h"

namespace noisegate {

Tensor CpuSchemeKernels::squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    Backend& kernels = backend(a[i]);
    const Tensor difference = kernels.combine(1, a[i], -1, b[i]);
    sum += kernels.sum(kernels.multiply(difference, difference)).item();
  }
  return Tensor::full({}, static_cast<float>(sum));
}

std::vector<Tensor> CpuSchemeKernels::squared_distance_gradients(std::span<const Tensor> a,
                                                                 std::span<const Tensor> b,
                                                                 const Tensor& grad) {
  std::vector<Tensor> gradients;
  for (const float factor : {2.0f, -2.0f})
    for (std::size_t i = 0; i < a.size(); ++i) {
      Backend& kernels = backend(a[i]);
      gradients.push_back(
          kernels.affine(kernels.combine(1, a[i], -1, b[i]), factor * static_cast<float>(grad.item()), 0));
    }
  return gradients;
}

}  // namespace noisegate
