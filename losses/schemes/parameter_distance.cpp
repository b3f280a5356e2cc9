#include "losses/schemes/parameter_distance.h"

#include "engine/backend.h"
#include "engine/error.h"

#include <vector>

namespace noisegate {

Variable squared_distance(std::span<const Variable> a, std::span<const Variable> b) {
  if (a.size() != b.size()) reject("squared_distance: {} and {} parameters", a.size(), b.size());
  double sum = 0;
  std::vector<Tensor> differences;
  std::vector<Variable> inputs(a.begin(), a.end());
  inputs.insert(inputs.end(), b.begin(), b.end());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Tensor &one = a[i].value(), &other = b[i].value();
    if (one.shape() != other.shape())
      reject("squared_distance: parameters {} and {}", to_string(one.shape()), to_string(other.shape()));
    Backend& kernels = backend(one);
    differences.push_back(kernels.combine(1, one, -1, other));
    sum += kernels.sum(kernels.multiply(differences.back(), differences.back())).item();
  }
  // ∂/∂a = 2(a − b), and b's is its negative.
  return record(
      "squared_distance", Tensor::full({}, static_cast<float>(sum)), std::move(inputs),
      [differences = std::move(differences)](const Tensor& grad) {
        std::vector<Tensor> gradients;
        for (const float factor : {2.0f, -2.0f})
          for (const Tensor& difference : differences)
            gradients.push_back(
                backend(difference).affine(difference, factor * static_cast<float>(grad.item()), 0));
        return gradients;
      });
}

}  // namespace noisegate
