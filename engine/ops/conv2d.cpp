// y = x ∗ w + b. Backward: dx is the transposed convolution of dy with w, dw correlates x with dy, db sums
// dy.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/ops/convolution_log.h"
#include "engine/trace.h"

namespace noisegate {

VariableWithMoments conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                           ConvolutionWindow window) {
  const Trace trace("conv2d", Trace::Pass::forward);
  require_rank("conv2d", x, 4);
  require_rank("conv2d", weight, 4);
  const Shape &image = x.shape(), &kernel = weight.shape();
  const bool fits = image[3] == kernel[3] && image[1] + 2 * window.padding >= kernel[1] &&
                    image[2] + 2 * window.padding >= kernel[2] && window.stride > 0 && window.padding >= 0;
  if (!fits || image.numel() == 0)
    reject("conv2d: images {} and weights {} do not fit (stride {}, padding {})", to_string(image),
           to_string(kernel), window.stride, window.padding);
  require_float32("conv2d", weight);
  require_float32("conv2d", bias);
  if (bias.defined() && bias.shape() != Shape{kernel[0]})
    reject("conv2d: bias {} does not fit weights {}", to_string(bias.shape()), to_string(kernel));

  ConvolutionLog::note(x, kernel, window);
  Tensor saved;
  BlockMoments moments;
  Tensor y = kernels_for("conv2d", x)
                 .conv2d(x.value(), weight.value(), bias.defined() ? bias.value() : Tensor(), window,
                         recording({&x}) ? &saved : nullptr, &moments);
  trace.count_multiply_adds(static_cast<double>(y.numel()) * static_cast<double>(kernel.numel() / kernel[0]));
  Variable output = record("conv2d", std::move(y), {x, weight, bias}, [=](const Tensor& grad) {
    Backend& kernels = backend(grad);
    std::vector<Tensor> grads(3);
    if (weight.requires_grad() || bias.requires_grad()) {
      Tensor* grad_bias = bias.requires_grad() ? &grads[2] : nullptr;
      grads[1] = kernels.conv2d_backward_weight(grad, x.value(), weight.shape(), window, grad_bias);
    }
    if (x.requires_grad())
      grads[0] = kernels.conv2d_backward_input(grad, weight.value(), x.shape(), window, saved);
    return grads;
  });
  return {std::move(output), std::move(moments)};
}

}  // namespace noisegate
