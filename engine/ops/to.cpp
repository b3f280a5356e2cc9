#include "engine/ops.h"

namespace noisegate {

Variable to(const Variable& x, Device device) {
  const Device from = x.value().device();
  if (from == device) return x;
  return record("to", x.value().to(device), {x},
                [from](const Tensor& grad) { return std::vector{grad.to(from)}; });
}

}  // namespace noisegate
