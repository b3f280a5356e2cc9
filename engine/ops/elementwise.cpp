#include "engine/backend.h"
#include "engine/ops/check.h"
#include "engine/trace.h"

namespace noisegate {
namespace {

Variable unary(const char* name, Backend::Unary op, const Variable& x) {
  const Trace trace(name, Trace::Pass::forward);
  Tensor y = kernels_for(name, x).unary(op, x.value());
  return record(name, y, {x}, [=](const Tensor& grad) {
    return std::vector{backend(grad).unary_backward(op, grad, x.value(), y)};
  });
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
  const Trace trace("add", Trace::Pass::forward);
  require_same_shape("add", a, b);
  return record("add", kernels_for("add", a).combine(1, a.value(), 1, b.value()), {a, b},
                [](const Tensor& grad) {
                  return std::vector{grad, grad};
                });
}

Variable subtract(const Variable& a, const Variable& b) {
  const Trace trace("subtract", Trace::Pass::forward);
  require_same_shape("subtract", a, b);
  return record("subtract", kernels_for("subtract", a).combine(1, a.value(), -1, b.value()), {a, b},
                [](const Tensor& grad) {
                  return std::vector{grad, backend(grad).affine(grad, -1, 0)};
                });
}

Variable multiply(const Variable& a, const Variable& b) {
  const Trace trace("multiply", Trace::Pass::forward);
  require_same_shape("multiply", a, b);
  return record("multiply", kernels_for("multiply", a).multiply(a.value(), b.value()), {a, b},
                [=](const Tensor& grad) {
                  std::vector<Tensor> grads(2);
                  if (a.requires_grad()) grads[0] = backend(grad).multiply(grad, b.value());
                  if (b.requires_grad()) grads[1] = backend(grad).multiply(grad, a.value());
                  return grads;
                });
}

Variable affine(const Variable& x, float factor, float offset) {
  const Trace trace("affine", Trace::Pass::forward);
  return record("affine", kernels_for("affine", x).affine(x.value(), factor, offset), {x},
                [=](const Tensor& grad) { return std::vector{backend(grad).affine(grad, factor, 0)}; });
}

Variable exp(const Variable& x) {
  return unary("exp", Backend::Unary::exp, x);
}
Variable log(const Variable& x) {
  return unary("log", Backend::Unary::log, x);
}
Variable square(const Variable& x) {
  return unary("square", Backend::Unary::square, x);
}
Variable sigmoid(const Variable& x) {
  return unary("sigmoid", Backend::Unary::sigmoid, x);
}

}  // namespace noisegate
