#include "layers/conv2d.h"

namespace noisegate {

Conv2d::Conv2d(int inputs, int outputs, Conv2dOptions options, Initializer& initializer)
    : window_{.stride = options.stride, .padding = options.kernel / 2} {
  const Shape shape{outputs, options.kernel, options.kernel, inputs};
  weight_ =
      add_parameter("weight", initializer.convolution_weight(shape), {Interchange::Order::convolution, {}});
  if (options.bias) {
    const std::int64_t n_in = shape[1] * shape[2] * shape[3];
    bias_ = add_parameter("bias", initializer.convolution_bias(outputs, n_in));
  }
}

VariableWithMoments Conv2d::operator()(const Variable& x) const {
  return conv2d(x, weight_, bias_, window_);
}

}  // namespace noisegate
