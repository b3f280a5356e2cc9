#include "engine/elementwise.h"

#include "engine/cpu/backend.h"
#include "engine/cpu/layout.h"
#include "engine/cpu/map.h"

#include <algorithm>

namespace noisegate {

Tensor CpuBackend::unary(Unary op, const Tensor& x) {
  switch (op) {
    case Unary::exp:
      return map(x, Exp{});
    case Unary::log:
      return map(x, Log{});
    case Unary::square:
      return map(x, Square{});
    case Unary::sigmoid:
      return map(x, Sigmoid{});
  }
  return {};
}

Tensor CpuBackend::unary_backward(Unary op, const Tensor& grad, const Tensor& x, const Tensor& output) {
  switch (op) {
    case Unary::exp:
      return map(grad, output, ExpBackward{});
    case Unary::log:
      return map(grad, x, LogBackward{});
    case Unary::square:
      return map(grad, x, SquareBackward{});
    case Unary::sigmoid:
      return map(grad, output, SigmoidBackward{});
  }
  return {};
}

Tensor CpuBackend::combine(float alpha, const Tensor& a, float beta, const Tensor& b) {
  return map(a, b, Combine{alpha, beta});
}

void CpuBackend::accumulate(Tensor& sum, const Tensor& term) {
  const Tensor added = in_layout(term, sum.layout());
  float* total = sum.data<float>();
  const float* in = added.data<float>();
  const std::int64_t count = sum.numel();
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) total[i] += in[i];
}

Tensor CpuBackend::multiply(const Tensor& a, const Tensor& b) {
  return map(a, b, Multiply{});
}

Tensor CpuBackend::affine(const Tensor& x, float factor, float offset) {
  return map(x, Affine{factor, offset});
}

void CpuBackend::fill(Tensor& x, float value) {
  std::fill_n(x.data<float>(), x.numel(), value);
}

}  // namespace noisegate
