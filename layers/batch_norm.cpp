#include "layers/batch_norm.h"

namespace noisegate {

BatchNorm::BatchNorm(int channels, float momentum)
    : weight_(add_parameter("weight", Tensor::full({channels}, 1))),
      bias_(add_parameter("bias", Tensor::zeros({channels}))),
      running_mean_(add_buffer("running_mean", Tensor::zeros({channels}))),
      running_variance_(add_buffer("running_var", Tensor::full({channels}, 1))),
      momentum_(momentum) {}

Variable BatchNorm::normalize(const VariableWithMoments& x, bool relu, const Variable& residual) {
  const BatchNormOptions options{.training = training(), .momentum = momentum_, .relu = relu};
  return batch_norm(x, weight_, bias_, running_mean_, running_variance_, options, residual);
}

}  // namespace noisegate
