// The CUDA backend: hand-written kernels on NHWC, float32 or bfloat16. The file of this folder that has the
// name of an op defines the op, kernel included. The tests' emulated GPU is built from the same files.
#pragma once

#include "engine/backend.h"
#include "engine/convolutions.h"
#include "engine/cuda/conv2d/precision.h"
#include "engine/cuda/device/launch.h"

#include <memory>
#include <utility>

namespace noisegate::cuda {

/// All work goes to one stream, so memory that returns to the pool may be reused at once: its next owner's
/// writes run after the last reads of the previous one.
class CudaBackend final : public Backend {
 public:
  /// `precision` is the precision of convolutions of float32 tensors.
  explicit CudaBackend(Stream stream, Precision precision = Precision::float32)
      : stream_(stream), precision_(precision) {}
  void set_precision(Precision precision) { precision_ = precision; }
  /// Hands convolutions to this backend; null: to our own kernels.
  void set_convolutions(std::unique_ptr<Convolutions> others) { others_ = std::move(others); }

  Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, ConvolutionWindow window,
                Tensor* saved = nullptr, BlockMoments* moments = nullptr) override;
  Tensor conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                               ConvolutionWindow window, const Tensor& saved = {}) override;
  Tensor conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                ConvolutionWindow window, Tensor* grad_bias) override;
  Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) override;
  Tensor linear_backward_input(const Tensor& grad, const Tensor& weight) override;
  Tensor linear_backward_weight(const Tensor& grad, const Tensor& x, Tensor* grad_bias) override;
  Tensor batch_norm(const Tensor& x, const BlockMoments& moments, const Tensor& scale, const Tensor& shift,
                    Tensor& running_mean, Tensor& running_variance, const BatchNormOptions& options,
                    const Tensor& residual, BatchNormSaved* saved) override;
  BatchNormGradients batch_norm_backward(Tensor grad, const Tensor& x, const Tensor& output,
                                         const Tensor& scale, const Tensor& shift,
                                         const BatchNormSaved& saved, const BatchNormOptions& options,
                                         bool has_residual) override;
  Tensor relu(const Tensor& x) override;
  Tensor relu_backward(const Tensor& grad, const Tensor& output) override;
  Pooled max_pool2d(const Tensor& x, PoolWindow window) override;
  Tensor max_pool2d_backward(const Tensor& grad, const Tensor& argmax, const Shape& input_shape,
                             PoolWindow window) override;
  Tensor average_pool2d(const Tensor& x, PoolWindow window) override;
  Tensor average_pool2d_backward(const Tensor& grad, const Shape& input_shape, PoolWindow window) override;
  Tensor global_average_pool(const Tensor& x) override;
  Tensor global_average_pool_backward(const Tensor& grad, const Shape& input_shape, Layout layout) override;
  Tensor dropout(const Tensor& x, float probability, std::uint64_t seed, std::uint32_t step) override;
  Tensor softmax(const Tensor& x) override;
  Tensor softmax_backward(const Tensor& grad, const Tensor& output) override;
  Tensor log_softmax(const Tensor& x) override;
  Tensor log_softmax_backward(const Tensor& grad, const Tensor& output) override;
  Tensor unary(Unary op, const Tensor& x) override;
  Tensor unary_backward(Unary op, const Tensor& grad, const Tensor& x, const Tensor& output) override;
  Tensor combine(float alpha, const Tensor& a, float beta, const Tensor& b) override;
  void accumulate(Tensor& sum, const Tensor& term) override;
  Tensor multiply(const Tensor& a, const Tensor& b) override;
  Tensor affine(const Tensor& x, float factor, float offset) override;
  Tensor sum(const Tensor& x) override;
  Tensor row_sum(const Tensor& x) override;
  Tensor broadcast_rows(const Tensor& values, std::int64_t columns) override;
  Tensor gather(const Tensor& x, const Tensor& index) override;
  Tensor scatter(const Tensor& grad, const Tensor& index, std::int64_t columns) override;
  void fill(Tensor& x, float value) override;
  void copy(Tensor& destination, const Tensor& source) override;
  Tensor sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) override;
  void exponential_average(std::span<Tensor> averages, std::span<const Tensor> values, float decay) override;

 private:
  Stream stream_;
  Precision precision_;
  std::unique_ptr<Convolutions> others_;
};

}  // namespace noisegate::cuda
