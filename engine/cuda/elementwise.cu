#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/elementwise.h"

namespace noisegate::cuda {
namespace {

struct Constant {
  float value;
  NOISEGATE_HD float operator()() const { return value; }
};

}  // namespace

Tensor CudaBackend::unary(Unary op, const Tensor& x) {
  Tensor y = empty_like(x);
  const auto apply = [&](auto f) { map_tensors(stream_, y, f, x); };
  switch (op) {
    case Unary::exp:
      apply(Exp{});
      break;
    case Unary::log:
      apply(Log{});
      break;
    case Unary::square:
      apply(Square{});
      break;
    case Unary::sigmoid:
      apply(Sigmoid{});
      break;
  }
  return y;
}

Tensor CudaBackend::unary_backward(Unary op, const Tensor& grad, const Tensor& x, const Tensor& y) {
  Tensor dx = empty_like(grad);
  const auto apply = [&](auto f, const Tensor& v) { map_tensors(stream_, dx, f, grad, v); };
  switch (op) {
    case Unary::exp:
      apply(ExpBackward{}, y);
      break;
    case Unary::log:
      apply(LogBackward{}, x);
      break;
    case Unary::square:
      apply(SquareBackward{}, x);
      break;
    case Unary::sigmoid:
      apply(SigmoidBackward{}, y);
      break;
  }
  return dx;
}

Tensor CudaBackend::combine(float alpha, const Tensor& a, float beta, const Tensor& b) {
  Tensor result = empty_like(a);
  map_tensors(stream_, result, Combine{alpha, beta}, a, b);
  return result;
}

void CudaBackend::accumulate(Tensor& sum, const Tensor& term) {
  map_tensors(stream_, sum, Combine{1, 1}, sum, term);
}

Tensor CudaBackend::multiply(const Tensor& a, const Tensor& b) {
  Tensor result = empty_like(a);
  map_tensors(stream_, result, Multiply{}, a, b);
  return result;
}

Tensor CudaBackend::affine(const Tensor& x, float factor, float offset) {
  Tensor y = empty_like(x);
  map_tensors(stream_, y, Affine{factor, offset}, x);
  return y;
}

void CudaBackend::fill(Tensor& x, float value) {
  map_tensors(stream_, x, Constant{value});
}

}  // namespace noisegate::cuda
