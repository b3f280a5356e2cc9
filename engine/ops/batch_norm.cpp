// With x̂ = (x − μ)/√(σ² + ε), y = γ·x̂ + β (+ residual, ReLU) and g = dy where y passed ReLU, else 0:
//   dβ = Σ g, dγ = Σ g·x̂, d residual = g,
//   dx = γ/√(σ² + ε) · (g − dβ/m − x̂·dγ/m) over the m values of a channel, when μ and σ are the batch's,
//   dx = γ/√(σ² + ε) · g when they are the running ones.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {
namespace {

bool fit(const BlockMoments& moments, const Shape& shape) {
  const std::int64_t channels = shape[shape.rank() - 1], rows = shape.numel() / channels;
  return moments.rows_of_block > 0 &&
         moments.sums.shape() == Shape{2, channels, (rows - 1) / moments.rows_of_block + 1};
}

}  // namespace

Variable batch_norm(const VariableWithMoments& input, const Variable& scale, const Variable& shift,
                    Tensor& running_mean, Tensor& running_variance, BatchNormOptions options,
                    const Variable& residual) {
  const Trace trace("batch_norm", Trace::Pass::forward);
  const Variable& x = input.variable;
  const BlockMoments& moments = input.moments;
  const int rank = x.shape().rank();
  if (rank != 4 && rank != 2) reject("batch_norm: expected (N,H,W,C) or (N,C), got {}", to_string(x.shape()));
  const Shape channels{x.shape()[rank - 1]};
  for (const Shape& shape : {scale.shape(), shift.shape(), running_mean.shape(), running_variance.shape()})
    if (shape != channels)
      reject("batch_norm: a parameter {} does not fit images {}", to_string(shape), to_string(x.shape()));
  if (options.training && x.value().numel() == channels[0])
    reject("batch_norm: one value a channel, as in {}, has no variance to train with", to_string(x.shape()));
  if (moments.sums.defined() && !fit(moments, x.shape()))
    reject("batch_norm: moments {} of blocks of {} rows do not fit images {}",
           to_string(moments.sums.shape()), moments.rows_of_block, to_string(x.shape()));
  if (residual.defined()) require_same_shape("batch_norm", x, residual);

  for (const Tensor& given : {scale.value(), shift.value(), running_mean, running_variance})
    require_float32("batch_norm", given);

  const bool saves = recording({&x, &scale, &shift, &residual});
  const bool has_residual = residual.defined();
  BatchNormSaved saved;
  Tensor y = kernels_for("batch_norm", x)
                 .batch_norm(x.value(), moments, scale.value(), shift.value(), running_mean, running_variance,
                             options, has_residual ? residual.value() : Tensor(), saves ? &saved : nullptr);
  if (!saves) return Variable(std::move(y));
  const Tensor mask = options.relu && has_residual ? y : Tensor();
  return record("batch_norm", std::move(y), {x, scale, shift, residual}, [=](Tensor grad) {
    auto grads = backend(grad).batch_norm_backward(std::move(grad), x.value(), mask, scale.value(),
                                                   shift.value(), saved, options, has_residual);
    return std::vector<Tensor>{grads.x, grads.scale, grads.shift, grads.residual};
  });
}

}  // namespace noisegate
