#include "losses/schemes/plain.h"

#include "engine/backend.h"
#include "losses/schemes/gaussian_noise.h"

#include <cmath>

namespace noisegate {

Variable NoiseOnLogits::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  // The loss is a mean over the batch, and so is the noise.
  const Tensor noise = gaussian_noise(logits.shape(), sigma_ / static_cast<double>(batch.labels.numel()),
                                      Purpose::logit_noise, step.draw, logits.value().device());
  const Variable noisy = record("logit_noise", logits.value(), {logits}, [noise](const Tensor& grad) {
    return std::vector{backend(grad).combine(1, grad, 1, noise)};
  });
  return PlainScheme::loss({{noisy}, batch.labels, batch.positions, batch.parameters, batch.device_positions},
                           step);
}

Variable NoiseOnWeights::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable loss = PlainScheme::loss(batch, step);
  if (batch.parameters.empty()) return loss;
  std::vector<Variable> inputs = batch.parameters.front();
  std::vector<Shape> shapes;
  for (const Variable& parameter : inputs) shapes.push_back(parameter.shape());
  inputs.push_back(loss);
  const double draws = of_ == NoiseOf::sample ? static_cast<double>(batch.labels.numel()) : 1;
  const double sigma = sigma_ / std::sqrt(draws);
  return record("weight_noise", loss.value(), inputs, [=, draw = step.draw](Tensor grad) {
    std::vector<Tensor> gradients;
    for (std::uint32_t i = 0; i < shapes.size(); ++i)
      gradients.push_back(gaussian_noise(shapes[i], sigma, Purpose::weight_noise, draw, grad.device(), i));
    gradients.push_back(std::move(grad));
    return gradients;
  });
}

}  // namespace noisegate
