// The classifier's products are small beside the convolutions: a thread works out one element.
#include "engine/cuda/backend.h"
#include "engine/cuda/column_sums.h"
#include "engine/cuda/each.h"

namespace noisegate::cuda {
namespace {

/// A matrix and the way from one element to the next along its two axes, so that a transpose is a view.
template <class T>
struct Matrix {
  Span<const T> values;
  std::int64_t row_step, column_step;

  NOISEGATE_DEVICE float operator()(std::int64_t row, std::int64_t column) const {
    return values[row * row_step + column * column_step];
  }
};

template <class T = float>
Matrix<T> matrix(const Tensor& x) {
  return {input<T>(x), x.size(1), 1};
}
Matrix<float> transposed(const Tensor& x) {
  return {input(x), 1, x.size(1)};
}

/// c[i, j] = bias[j] + Σ_k a[i, k]·b[k, j], k below `depth`.
template <class A, class B>
struct Product {
  Matrix<A> a;
  Matrix<B> b;
  std::int64_t depth, columns;
  Span<const float> bias;  // none: zeros
  Span<float> c;

  NOISEGATE_DEVICE void operator()(std::int64_t at) const {
    const std::int64_t i = at / columns, j = at % columns;
    float sum = bias ? bias[j] : 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += a(i, k) * b(k, j);
    c[at] = sum;
  }
};

template <class A, class B>
Tensor product(Stream stream, std::int64_t rows, std::int64_t depth, std::int64_t columns, const Matrix<A>& a,
               const Matrix<B>& b, Span<const float> bias) {
  Tensor c = empty({rows, columns});
  for_each(stream, c.numel(), Product<A, B>{a, b, depth, columns, bias, output(c)});
  return c;
}

}  // namespace

Tensor CudaBackend::linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Tensor y;
  with_type(x, [&]<class T>(std::type_identity<T>) {
    y = product(stream_, x.size(0), x.size(1), weight.size(0), matrix<T>(x), transposed(weight), input(bias));
  });
  return y;
}

Tensor CudaBackend::linear_backward_input(const Tensor& grad, const Tensor& weight) {
  return product(stream_, grad.size(0), grad.size(1), weight.size(1), matrix(grad), matrix(weight), {});
}

Tensor CudaBackend::linear_backward_weight(const Tensor& grad, const Tensor& x, Tensor* grad_bias) {
  if (grad_bias) *grad_bias = bias_gradient(stream_, grad, grad.size(1));
  Tensor dw;
  with_type(x, [&]<class T>(std::type_identity<T>) {
    dw = product(stream_, grad.size(1), grad.size(0), x.size(1), transposed(grad), matrix<T>(x), {});
  });
  return dw;
}

}  // namespace noisegate::cuda
