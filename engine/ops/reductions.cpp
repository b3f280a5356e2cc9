#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {

Variable sum(const Variable& x) {
  const Trace trace("sum", Trace::Pass::forward);
  require_float32("sum", x);
  return record("sum", backend(x.value()).sum(x.value()), {x}, [shape = x.shape()](const Tensor& grad) {
    return std::vector{backend(grad).broadcast_rows(grad.reshape({1}), shape.numel()).reshape(shape)};
  });
}

Variable mean(const Variable& x) {
  return affine(sum(x), 1.0f / static_cast<float>(x.value().numel()), 0);
}

Variable row_sum(const Variable& x) {
  const Trace trace("row_sum", Trace::Pass::forward);
  require_float32("row_sum", x);
  require_rank("row_sum", x, 2);
  return record("row_sum", backend(x.value()).row_sum(x.value()), {x},
                [columns = x.shape()[1]](const Tensor& grad) {
                  return std::vector{backend(grad).broadcast_rows(grad, columns)};
                });
}

Variable gather(const Variable& x, const Tensor& index) {
  const Trace trace("gather", Trace::Pass::forward);
  require_float32("gather", x);
  require_rank("gather", x, 2);
  if (index.shape() != Shape{x.shape()[0]} || index.dtype() != DType::i32)
    reject("gather: an index of {} {} does not fit {}", to_string(index.dtype()), to_string(index.shape()),
           to_string(x.shape()));
  return record("gather", backend(x.value()).gather(x.value(), index), {x},
                [=, columns = x.shape()[1]](const Tensor& grad) {
                  return std::vector{backend(grad).scatter(grad, index, columns)};
                });
}

}  // namespace noisegate
