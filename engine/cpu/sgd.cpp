// One pass over every parameter: decay, momentum and update together.
#include "engine/cpu/backend.h"
#include "engine/sgd_update.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace noisegate {
namespace {

/// The L2 norm of all gradients taken as one vector; partial sums in a fixed order, whatever the number of
/// threads.
double gradient_norm(std::span<ParameterUpdate> parameters) {
  constexpr std::int64_t chunk = 1 << 14;
  double total = 0;
  for (const ParameterUpdate& parameter : parameters) {
    const float* grad = parameter.grad.data<float>();
    const std::int64_t count = parameter.grad.numel(), chunks = (count + chunk - 1) / chunk;
    std::vector<double> partial(chunks);
#pragma omp parallel for schedule(static)
    for (std::int64_t c = 0; c < chunks; ++c) {
      double sum = 0;
      for (std::int64_t i = c * chunk; i < std::min(count, (c + 1) * chunk); ++i)
        sum += double{grad[i]} * grad[i];
      partial[c] = sum;
    }
    for (const double part : partial) total += part;
  }
  return std::sqrt(total);
}

}  // namespace

Tensor CpuBackend::sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) {
  Tensor norm;
  float clip = 1;
  const auto rate = static_cast<float>(step.scalars->learning_rate);
  if (step.clip_norm > 0) {
    const double measured = gradient_norm(parameters);
    norm = Tensor::full({}, static_cast<float>(measured));
    clip = static_cast<float>(std::min(1.0, step.clip_norm / (measured + 1e-6)));
  }
  for (ParameterUpdate& parameter : parameters) {
    float *value = parameter.value.data<float>(), *velocity = parameter.velocity.data<float>();
    const float* grad = parameter.grad.data<float>();
    const SgdUpdate update{rate, step.momentum,          step.nesterov,
                           clip, parameter.weight_decay, parameter.l1_decay};
    const std::int64_t count = parameter.value.numel();
#pragma omp parallel for simd schedule(static) if (count > 1 << 14)
    for (std::int64_t i = 0; i < count; ++i) update(value[i], velocity[i], grad[i]);
  }
  return norm;
}

void CpuBackend::exponential_average(std::span<Tensor> averages, std::span<const Tensor> values,
                                     float decay) {
  for (std::size_t t = 0; t < averages.size(); ++t) {
    float* mean = averages[t].data<float>();
    const float* in = values[t].data<float>();
    const std::int64_t count = averages[t].numel();
#pragma omp parallel for simd schedule(static) if (count > 1 << 14)
    for (std::int64_t i = 0; i < count; ++i) mean[i] = decay * mean[i] + (1 - decay) * in[i];
  }
}

}  // namespace noisegate
