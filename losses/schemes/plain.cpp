#include "losses/schemes/plain.h"

#include "engine/backend.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <cmath>

namespace noisegate {

Variable NoiseOnLogits::loss(const SchemeBatch& batch, const LossStep& step) {
  const Variable& logits = batch.logits.front();
  // The loss is a mean over the batch, and so is the noise.
  const double sigma = sigma_ / static_cast<double>(batch.labels.numel());
  const Tensor noise =
      scheme_kernels(logits.value().device()).noise(logits.shape(), sigma, Purpose::logit_noise, step, 0, {});
  SchemeBatch noisy = batch;
  noisy.logits = {record("logit_noise", logits.value(), {logits}, [noise](const Tensor& grad) {
    return std::vector{backend(grad).combine(1, grad, 1, noise)};
  })};
  return PlainScheme::loss(noisy, step);
}

Variable NoiseOnWeights::loss(const SchemeBatch& batch, const LossStep& step) {
  const Variable loss = PlainScheme::loss(batch, step);
  if (batch.parameters.empty()) return loss;
  std::vector<Variable> inputs = batch.parameters.front();
  std::vector<Shape> shapes;
  for (const Variable& parameter : inputs) shapes.push_back(parameter.shape());
  inputs.push_back(loss);
  const double draws = of_ == NoiseOf::sample ? static_cast<double>(batch.labels.numel()) : 1;
  const double sigma = sigma_ / std::sqrt(draws);
  return record("weight_noise", loss.value(), inputs, [=](Tensor grad) {
    std::vector<Tensor> gradients;
    SchemeKernels& kernels = scheme_kernels(grad.device());
    for (std::uint32_t i = 0; i < shapes.size(); ++i)
      gradients.push_back(kernels.noise(shapes[i], sigma, Purpose::weight_noise, step, i, {}));
    gradients.push_back(std::move(grad));
    return gradients;
  });
}

}  // namespace noisegate
