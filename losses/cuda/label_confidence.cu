// Label confidence (losses/schemes/label_confidence.h) on the GPU.
#include "engine/cuda/each.h"
#include "engine/cuda/reduce.h"
#include "losses/cuda/loss_kernels.h"

namespace noisegate::cuda {
namespace {

/// By one block: μ, then C of each sample, then what it weighs.
struct ConfidenceWeights {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  double alpha, m;
  Span<ConfidenceMemory> memory;
  Span<const float> losses;
  Span<float> weights;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const auto samples = static_cast<double>(losses.size());
    double sum = 0;
    for (std::int64_t i = thread.index(); i < losses.size(); i += threads) sum += losses[i];
    sum = block_sum(thread, shared.of_warps, sum);
    const double mu = 0.7 * memory[0].mu + 0.3 * sum / samples;
    double confidences = 0;
    for (std::int64_t i = thread.index(); i < losses.size(); i += threads) confidences += confidence(mu, i);
    thread.barrier();
    const double mean = block_sum(thread, shared.of_warps, confidences) / samples;
    for (std::int64_t i = thread.index(); i < losses.size(); i += threads)
      weights[i] = static_cast<float>(alpha / (1 - mean) * confidence(mu, i));
    if (thread.index() == 0) memory[0] = {mu, mean};
  }

 private:
  NOISEGATE_DEVICE double confidence(double mu, std::int64_t i) const {
    return 1 / (1 + math::exp(-0.5 * (mu + m - losses[i])));
  }
};

struct ConfidentTargets {
  Span<const float> weights, predictions;
  Span<const std::int32_t> labels;
  Span<float> targets;
  std::int64_t classes;
  float progress, correct_from;
  const StepScalars* scalars;

  NOISEGATE_DEVICE void operator()(std::int64_t at) const {
    const std::int64_t sample = at / classes;
    const bool corrected = (scalars ? scalars->progress : progress) >= correct_from;
    const float weight = weights[sample], of_label = corrected ? 0.5f * weight : weight;
    float target = corrected ? predictions[at] * (0.5f * weight) : 0;
    if (at % classes == labels[sample]) target += of_label;
    targets[at] = target;
  }
};

}  // namespace

Tensor CudaLossKernels::confidence_weights(const DeviceConfidence& confidence, const Tensor& losses) {
  Tensor weights = empty_like(losses);
  launch(stream_of_losses, 1,
         ConfidenceWeights{confidence.alpha, confidence.m, values_in<ConfidenceMemory>(confidence.memory),
                           input(losses), output(weights)});
  return weights;
}

Tensor CudaLossKernels::confident_targets(const Tensor& weights, const Tensor& labels,
                                          const Tensor& predictions, double progress, double correct_from,
                                          const StepScalars* scalars) {
  Tensor targets = empty_like(predictions);
  for_each(stream_of_losses, targets.numel(),
           ConfidentTargets{input(weights), input(predictions), input<std::int32_t>(labels), output(targets),
                            predictions.size(1), static_cast<float>(progress),
                            static_cast<float>(correct_from), scalars});
  return targets;
}

}  // namespace noisegate::cuda
