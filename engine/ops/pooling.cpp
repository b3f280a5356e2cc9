// Pooling is linear in the gradient: a maximum sends it to the winner, a mean spreads it evenly.
#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {
namespace {

void require_window(const char* op, const Variable& x, PoolWindow window) {
  require_rank(op, x, 4);
  const bool fits = window.size > 0 && window.size <= 15 && window.stride > 0 && window.padding >= 0 &&
                    2 * window.padding <= window.size && x.shape()[1] + 2 * window.padding >= window.size &&
                    x.shape()[2] + 2 * window.padding >= window.size;
  if (!fits)
    reject("{}: a window of {} (stride {}, padding {}) does not fit images {}", op, window.size,
           window.stride, window.padding, to_string(x.shape()));
}

}  // namespace

Variable max_pool2d(const Variable& x, PoolWindow window) {
  const Trace trace("max_pool2d", Trace::Pass::forward);
  require_window("max_pool2d", x, window);
  Pooled pooled = kernels_for("max_pool2d", x).max_pool2d(x.value(), window);
  return record("max_pool2d", std::move(pooled.output), {x},
                [argmax = std::move(pooled.argmax), shape = x.shape(), window](const Tensor& grad) {
                  return std::vector{backend(grad).max_pool2d_backward(grad, argmax, shape, window)};
                });
}

Variable average_pool2d(const Variable& x, PoolWindow window) {
  const Trace trace("average_pool2d", Trace::Pass::forward);
  require_window("average_pool2d", x, window);
  return record("average_pool2d", kernels_for("average_pool2d", x).average_pool2d(x.value(), window), {x},
                [shape = x.shape(), window](const Tensor& grad) {
                  return std::vector{backend(grad).average_pool2d_backward(grad, shape, window)};
                });
}

Variable global_average_pool(const Variable& x) {
  const Trace trace("global_average_pool", Trace::Pass::forward);
  require_rank("global_average_pool", x, 4);
  return record("global_average_pool", kernels_for("global_average_pool", x).global_average_pool(x.value()),
                {x}, [shape = x.shape(), layout = x.value().layout()](const Tensor& grad) {
                  return std::vector{backend(grad).global_average_pool_backward(grad, shape, layout)};
                });
}

Variable flatten(const Variable& x) {
  const Trace trace("flatten", Trace::Pass::forward);
  require_rank("flatten", x, 4);
  const Shape shape = x.shape();
  return record("flatten", x.value().reshape({shape[0], shape[1] * shape[2] * shape[3]}), {x},
                [shape](const Tensor& grad) { return std::vector{grad.reshape(shape)}; });
}

}  // namespace noisegate
