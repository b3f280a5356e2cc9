// y = x·wᵀ + b. Backward: dx = dy·w, dw = dyᵀ·x, db = Σ_n dy. y is float32 whatever x is: it is the logits.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  const Trace trace("linear", Trace::Pass::forward);
  require_rank("linear", x, 2);
  require_rank("linear", weight, 2);
  if (x.shape()[1] != weight.shape()[1])
    reject("linear: inputs {} and weights {} do not fit", to_string(x.shape()), to_string(weight.shape()));
  require_float32("linear", weight);
  require_float32("linear", bias);
  if (bias.defined() && bias.shape() != Shape{weight.shape()[0]})
    reject("linear: bias {} does not fit weights {}", to_string(bias.shape()), to_string(weight.shape()));

  Tensor y =
      kernels_for("linear", x).linear(x.value(), weight.value(), bias.defined() ? bias.value() : Tensor());
  trace.count_multiply_adds(static_cast<double>(y.numel()) * static_cast<double>(x.shape()[1]));
  return record("linear", std::move(y), {x, weight, bias}, [=](const Tensor& grad) {
    Backend& kernels = backend(grad);
    std::vector<Tensor> grads(3);
    if (weight.requires_grad() || bias.requires_grad()) {
      Tensor* grad_bias = bias.requires_grad() ? &grads[2] : nullptr;
      grads[1] = kernels.linear_backward_weight(grad, x.value(), grad_bias);
    }
    if (x.requires_grad())
      grads[0] = kernels.linear_backward_input(grad, weight.value()).to(x.value().dtype());
    return grads;
  });
}

}  // namespace noisegate
