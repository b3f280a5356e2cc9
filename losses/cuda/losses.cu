#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"
#include "losses/cuda/losses.h"
#include "losses/loss_kernels.h"

namespace noisegate::cuda {
namespace {

/// mean[0] = (1/N)·Σ weights·values, by one block.
struct WeightedMean {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Span<const float> values, weights;
  Span<float> mean;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    double sum = 0;
    for (std::int64_t i = thread.index(); i < values.size(); i += threads)
      sum += weights ? values[i] * weights[i] : values[i];
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) mean[0] = static_cast<float>(sum / static_cast<double>(values.size()));
  }
};

struct ScaledGradients {
  Span<const float> gradients, weights, grad;
  Span<float> out;
  std::int64_t samples, classes;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const float factor = grad[0] / static_cast<float>(samples);
    out[i] = gradients[i] * (weights ? factor * weights[i / classes % samples] : factor);
  }
};

class CudaLossKernels final : public LossKernels {
 public:
  Tensor mean(const Tensor& values, const Tensor& weights) override {
    Tensor result = empty({});
    launch(stream_of_losses, 1, WeightedMean{input(values), input(weights), output(result)});
    return result;
  }

  Tensor scaled_gradients(const Tensor& gradients, const Tensor& weights, const Tensor& grad,
                          std::int64_t samples) override {
    Tensor result = empty_like(gradients);
    for_each(stream_of_losses, result.numel(),
             ScaledGradients{input(gradients), input(weights), input(grad), output(result), samples,
                             gradients.size(1)});
    return result;
  }
};

}  // namespace

void set_cuda_losses(Stream stream) {
  static CudaLossKernels kernels;
  stream_of_losses = stream;
  set_loss_kernels(kernels);
  offer_py_losses();
  offer_clipped_losses();
  offer_row_losses();
}

}  // namespace noisegate::cuda
