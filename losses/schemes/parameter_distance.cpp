#include "losses/schemes/parameter_distance.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "losses/loss_kernels.h"

#include <utility>
#include <vector>

namespace noisegate {
namespace {

std::vector<Tensor> values_of(std::span<const Variable> variables) {
  std::vector<Tensor> values;
  for (const Variable& variable : variables) values.push_back(variable.value());
  return values;
}

Variable distance_on_device(std::span<const Variable> a, std::span<const Variable> b,
                            std::vector<Variable> inputs) {
  const std::vector<Tensor> one = values_of(a), other = values_of(b);
  return record("squared_distance", loss_kernels().squared_distance(one, other), std::move(inputs),
                [one, other](const Tensor& grad) {
                  return loss_kernels().squared_distance_gradients(one, other, grad);
                });
}

}  // namespace

Variable squared_distance(std::span<const Variable> a, std::span<const Variable> b) {
  if (a.size() != b.size()) reject("squared_distance: {} and {} parameters", a.size(), b.size());
  double sum = 0;
  std::vector<Tensor> differences;
  std::vector<Variable> inputs(a.begin(), a.end());
  inputs.insert(inputs.end(), b.begin(), b.end());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].shape() != b[i].shape())
      reject("squared_distance: parameters {} and {}", to_string(a[i].shape()), to_string(b[i].shape()));
  if (!a.empty() && a.front().value().device() == Device::cuda)
    return distance_on_device(a, b, std::move(inputs));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Tensor &one = a[i].value(), &other = b[i].value();
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
