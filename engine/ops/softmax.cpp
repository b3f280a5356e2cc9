// With p = softmax(x): dx = p·(dy − Σ p·dy); with y = log p: dx = dy − p·Σ dy; both by rows.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {

Variable softmax(const Variable& x) {
  const Trace trace("softmax", Trace::Pass::forward);
  require_rank("softmax", x, 2);
  require_float32("softmax", x);
  Tensor y = backend(x.value()).softmax(x.value());
  return record("softmax", y, {x},
                [=](const Tensor& grad) { return std::vector{backend(grad).softmax_backward(grad, y)}; });
}

Variable log_softmax(const Variable& x) {
  const Trace trace("log_softmax", Trace::Pass::forward);
  require_rank("log_softmax", x, 2);
  require_float32("log_softmax", x);
  Tensor y = backend(x.value()).log_softmax(x.value());
  return record("log_softmax", y, {x},
                [=](const Tensor& grad) { return std::vector{backend(grad).log_softmax_backward(grad, y)}; });
}

}  // namespace noisegate
