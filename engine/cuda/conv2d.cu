#include "engine/cuda/backend.h"
#include "engine/cuda/column_sums.h"
#include "engine/cuda/tile_convolution.h"

namespace noisegate::cuda {

Tensor CudaBackend::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           ConvolutionWindow window) {
  const Convolution conv(x.shape(), weight.shape(), window);
  Tensor y = empty(conv.y.shape());
  if (fits_tiles(conv))
    tile_convolution(stream_, precision_, conv, input(x), input(weight), input(bias), output(y));
  else
    plain_convolution(stream_, conv, input(x), input(weight), input(bias), output(y));
  return y;
}

Tensor CudaBackend::conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                          ConvolutionWindow window) {
  const Convolution conv(input_shape, weight.shape(), window);
  Tensor dx = empty(input_shape);
  if (fits_tiles(conv))
    tile_input_gradient(stream_, precision_, conv, input(grad), input(weight), output(dx));
  else
    plain_input_gradient(stream_, conv, input(grad), input(weight), output(dx));
  return dx;
}

Tensor CudaBackend::conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                           ConvolutionWindow window, Tensor* grad_bias) {
  if (grad_bias) *grad_bias = bias_gradient(stream_, grad, weight_shape[0]);
  const Convolution conv(x.shape(), weight_shape, window);
  Tensor dw = empty(weight_shape);
  if (fits_tiles(conv))
    tile_weight_gradient(stream_, precision_, conv, input(grad), input(x), output(dw));
  else
    plain_weight_gradient(stream_, conv, input(grad), input(x), output(dw));
  return dw;
}

}  // namespace noisegate::cuda
