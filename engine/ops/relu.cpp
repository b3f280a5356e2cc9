// y = max(0, x); dx = dy where y > 0.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {

Variable relu(const Variable& x) {
  const Trace trace("relu", Trace::Pass::forward);
  Tensor y = kernels_for("relu", x).relu(x.value());
  return record("relu", y, {x},
                [=](const Tensor& grad) { return std::vector{backend(grad).relu_backward(grad, y)}; });
}

}  // namespace noisegate
