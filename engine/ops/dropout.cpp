// y = mask·x/(1 − p): linear in x, so the backward is the same map over the gradient, its mask drawn again.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {

Variable dropout(const Variable& x, float probability, std::uint64_t seed, std::uint32_t step) {
  const Trace trace("dropout", Trace::Pass::forward);
  if (!(probability >= 0 && probability < 1))
    reject("dropout: a probability of {} is not in [0, 1)", probability);
  if (x.shape().rank() == 0) reject("dropout: a scalar has no rows to drop from");
  return record(
      "dropout", kernels_for("dropout", x).dropout(x.value(), probability, seed, step), {x},
      [=](const Tensor& grad) { return std::vector{backend(grad).dropout(grad, probability, seed, step)}; });
}

}  // namespace noisegate
