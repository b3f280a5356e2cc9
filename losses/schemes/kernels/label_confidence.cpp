#include "losses/schemes/kernels/cpu_kernels.h"

namespace noisegate {

Tensor CpuSchemeKernels::confidence_weights(double alpha, double m, DeviceValue<ConfidenceState>& state,
                                            const Tensor& losses) {
  Tensor weights = Tensor::empty(losses.shape());
  const auto samples = static_cast<std::size_t>(losses.numel());
  HostTeam team;
  ConfidenceWeights<HostTeam>{
      alpha, m, {state.data(), 1}, {losses.data<float>(), samples}, {weights.data<float>(), samples}}(team);
  return weights;
}

Tensor CpuSchemeKernels::confident_targets(const Tensor& weights, const Tensor& labels,
                                           const Tensor& predictions, double correct_from,
                                           const StepScalars* scalars) {
  const bool is_corrected = scalars->progress >= correct_from;
  const std::int64_t samples = weights.numel(), classes = predictions.size(1);
  Tensor targets = is_corrected ? predictions.clone() : Tensor::zeros(predictions.shape());
  float* row = targets.data<float>();
  for (std::int64_t i = 0; i < samples; ++i, row += classes) {
    const float weight = weights.data<float>()[i];
    if (is_corrected)
      for (std::int64_t k = 0; k < classes; ++k) row[k] *= 0.5f * weight;
    row[labels.data<std::int32_t>()[i]] += is_corrected ? 0.5f * weight : weight;
  }
  return targets;
}

}  // namespace noisegate
