#include "engine/ops.h"
#include "engine/ops/check.h"

namespace noisegate {

Variable slice(const Variable& x, std::int64_t begin, std::int64_t end) {
  return record("slice", x.value().slice(begin, end), {x},
                [shape = x.shape(), begin, end](const Tensor& grad) {
                  Tensor whole = Tensor::zeros(shape, grad.dtype(), grad.device());
                  whole.slice(begin, end).copy_from(grad);
                  return std::vector{whole};
                });
}

}  // namespace noisegate
