// Pluggable convolution backend (cuDNN, see cudnn.h), tried before our kernels.
#pragma once

#include "engine/ops.h"
#include "engine/tensor.h"

namespace noisegate::cuda {

/// The three products of a convolution, on the stream that the backend was made with. x, y and their
/// gradients have one dtype, float32 or bfloat16; weight, bias and their gradients are always float32.
class Convolutions {
 public:
  virtual ~Convolutions() = default;

  virtual Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         ConvolutionWindow window) = 0;
  virtual Tensor input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                ConvolutionWindow window) = 0;
  /// Returns the gradient of the weight alone.
  virtual Tensor weight_gradient(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                 ConvolutionWindow window) = 0;
};

}  // namespace noisegate::cuda
