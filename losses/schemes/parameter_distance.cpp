#include "losses/schemes/parameter_distance.h"

#include "engine/error.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <utility>
#include <vector>

namespace noisegate {
namespace {

std::vector<Tensor> values_of(std::span<const Variable> variables) {
  std::vector<Tensor> values;
  for (const Variable& variable : variables) values.push_back(variable.value());
  return values;
}

}  // namespace

Variable squared_distance(std::span<const Variable> a, std::span<const Variable> b) {
  if (a.size() != b.size()) reject("squared_distance: {} and {} parameters", a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].shape() != b[i].shape())
      reject("squared_distance: parameters {} and {}", to_string(a[i].shape()), to_string(b[i].shape()));
  std::vector<Variable> inputs(a.begin(), a.end());
  inputs.insert(inputs.end(), b.begin(), b.end());
  SchemeKernels& kernels = scheme_kernels(a.empty() ? Device::cpu : a.front().value().device());
  return record("squared_distance", kernels.squared_distance(values_of(a), values_of(b)), std::move(inputs),
                [&kernels, one = values_of(a), other = values_of(b)](const Tensor& grad) {
                  return kernels.squared_distance_gradients(one, other, grad);
                });
}

}  // namespace noisegate
