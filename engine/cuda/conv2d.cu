#include "engine/cuda/backend.h"
#include "engine/cuda/conv2d/bfloat16_convolution.h"
#include "engine/cuda/conv2d/float32_convolution.h"
#include "engine/cuda/device/column_sums.h"

namespace noisegate::cuda {

Tensor CudaBackend::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           ConvolutionWindow window, Tensor* saved, BlockMoments* moments) {
  if (others_) return others_->forward(x, weight, bias, window);
  const Convolution conv(x.shape(), weight.shape(), window);
  Tensor y = empty(conv.y.shape(), x.dtype());
  with_type(x, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, Bfloat16>) {
      if (fits_bfloat16_products(conv)) {
        const Tensor filters = packed_filters(stream_, conv, input(weight));
        if (saved) *saved = filters;
        BlockMoments of_y;
        bfloat16_convolution(stream_, conv, input<T>(x), input<T>(filters), input(bias), output<T>(y),
                             bias.defined() ? nullptr : &of_y);
        if (moments) *moments = of_y;
        return;
      }
    } else {
      if (fits_float32_products(conv))
        return float32_convolution(stream_, precision_, conv, input(x), input(weight), input(bias),
                                   output(y));
    }
    plain_convolution(stream_, conv, input<T>(x), input(weight), input(bias), output<T>(y));
  });
  return y;
}

Tensor CudaBackend::conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                          ConvolutionWindow window, const Tensor& saved) {
  if (others_) return others_->input_gradient(grad, weight, input_shape, window);
  const Convolution conv(input_shape, weight.shape(), window);
  Tensor dx = empty(input_shape, grad.dtype());
  with_type(grad, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, Bfloat16>) {
      if (fits_bfloat16_products(conv)) {
        const Tensor filters = saved.defined() ? saved : packed_filters(stream_, conv, input(weight));
        return bfloat16_input_gradient(stream_, conv, input<T>(grad), input<T>(filters), output<T>(dx));
      }
    } else {
      if (fits_float32_products(conv))
        return float32_input_gradient(stream_, precision_, conv, input(grad), input(weight), output(dx));
    }
    plain_input_gradient(stream_, conv, input<T>(grad), input(weight), output<T>(dx));
  });
  return dx;
}

Tensor CudaBackend::conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                           ConvolutionWindow window, Tensor* grad_bias) {
  if (grad_bias) *grad_bias = bias_gradient(stream_, grad, weight_shape[0]);
  if (others_) return others_->weight_gradient(grad, x, weight_shape, window);
  const Convolution conv(x.shape(), weight_shape, window);
  Tensor dw = empty(weight_shape);
  with_type(x, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, Bfloat16>) {
      if (fits_bfloat16_products(conv))
        return bfloat16_weight_gradient(stream_, conv, input<T>(grad), input<T>(x), output(dw));
    } else {
      if (fits_float32_products(conv))
        return float32_weight_gradient(stream_, precision_, conv, input(grad), input(x), output(dw));
    }
    plain_weight_gradient(stream_, conv, input<T>(grad), input<T>(x), output(dw));
  });
  return dw;
}

}  // namespace noisegate::cuda
