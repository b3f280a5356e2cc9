// Batch normalisation over N, H and W with its scale, shift and running statistics. Maths: batch_norm in
// engine/ops.h, whose kernel also does ReLU and the residual addition if a network has them.
#pragma once

#include "engine/ops.h"
#include "layers/module.h"

namespace noisegate {

class BatchNorm : public Module {
 public:
  /// `momentum` is the weight of a batch's statistics in the running ones.
  explicit BatchNorm(int channels, float momentum = 0.1f);

  Variable forward(const Variable& x) override { return (*this)(x); }
  Variable operator()(const VariableWithMoments& x) { return normalize(x, /*relu=*/false, {}); }
  /// max(0, norm(x))
  Variable relu(const VariableWithMoments& x) { return normalize(x, /*relu=*/true, {}); }
  /// max(0, norm(x) + residual)
  Variable add_relu(const VariableWithMoments& x, const Variable& residual) {
    return normalize(x, /*relu=*/true, residual);
  }

 private:
  Variable normalize(const VariableWithMoments& x, bool relu, const Variable& residual);

  Variable weight_, bias_;  // PyTorch's names for scale and shift
  Tensor running_mean_, running_variance_;
  float momentum_;
};

}  // namespace noisegate
