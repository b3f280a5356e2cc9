// Label confidence (losses/schemes/label_confidence.h) on the GPU.
#include "engine/cuda/device/each.h"
#include "losses/schemes/cuda/block_team.h"
#include "losses/schemes/cuda/scheme_kernels.h"

namespace noisegate::cuda {
namespace {

struct ConfidentTargets {
  Span<const float> weights, predictions;
  Span<const std::int32_t> labels;
  Span<float> targets;
  std::int64_t classes;
  double correct_from;
  const StepScalars* scalars;

  NOISEGATE_DEVICE void operator()(std::int64_t at) const {
    const std::int64_t sample = at / classes;
    const bool is_corrected = scalars->progress >= correct_from;
    const float weight = weights[sample];
    float target = is_corrected ? predictions[at] * (0.5f * weight) : 0;
    if (at % classes == labels[sample]) target += is_corrected ? 0.5f * weight : weight;
    targets[at] = target;
  }
};

}  // namespace

Tensor CudaSchemeKernels::confidence_weights(double alpha, double m, DeviceValue<ConfidenceState>& state,
                                             const Tensor& losses) {
  constexpr int threads = 256;
  using Weights = ConfidenceWeights<BlockTeam<threads>>;
  Tensor weights = empty_like(losses);
  launch(stream_of_losses, 1,
         TeamKernel<Weights, threads>{{alpha, m, {state.data(), 1}, input(losses), output(weights)}});
  return weights;
}

Tensor CudaSchemeKernels::confident_targets(const Tensor& weights, const Tensor& labels,
                                            const Tensor& predictions, double correct_from,
                                            const StepScalars* scalars) {
  Tensor targets = empty_like(predictions);
  for_each(stream_of_losses, targets.numel(),
           ConfidentTargets{input(weights), input(predictions), input<std::int32_t>(labels), output(targets),
                            predictions.size(1), correct_from, scalars});
  return targets;
}

}  // namespace noisegate::cuda
