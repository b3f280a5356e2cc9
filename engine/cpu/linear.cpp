// Matrix products through oneDNN's sgemm (row-major: C ← op(A)·op(B) + beta·C).
#include "engine/cpu/backend.h"
#include "engine/device.h"
#include "engine/error.h"

#include <algorithm>

#include <oneapi/dnnl/dnnl.hpp>

namespace noisegate {
namespace {

/// c (m,n) ← op(a) (m,k) · op(b) (k,n) + beta·c; lda and ldb are the row lengths of a and b as they lie in
/// memory.
void product(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c) {
  thread_count();  // so that OpenMP's teams are what oneDNN takes them for
  const auto status = dnnl::sgemm(transpose_a, transpose_b, m, n, k, 1.0f, a, lda, b, ldb, beta, c, n);
  if (status != dnnl::status::success) fail("linear: oneDNN could not multiply {}×{} by {}×{}", m, k, k, n);
}

}  // namespace

Tensor CpuBackend::linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const std::int64_t rows = x.size(0), in = x.size(1), out = weight.size(0);
  Tensor y = Tensor::empty({rows, out});
  if (bias.defined())
    for (std::int64_t row = 0; row < rows; ++row)
      std::copy_n(bias.data<float>(), out, y.data<float>() + row * out);
  product('N', 'T', rows, out, in, x.data<float>(), in, weight.data<float>(), in,
          bias.defined() ? 1.0f : 0.0f, y.data<float>());
  return y;
}

Tensor CpuBackend::linear_backward_input(const Tensor& grad, const Tensor& weight) {
  const std::int64_t rows = grad.size(0), out = grad.size(1), in = weight.size(1);
  Tensor dx = Tensor::empty({rows, in});
  product('N', 'N', rows, in, out, grad.data<float>(), out, weight.data<float>(), in, 0, dx.data<float>());
  return dx;
}

Tensor CpuBackend::linear_backward_weight(const Tensor& grad, const Tensor& x, Tensor* grad_bias) {
  const std::int64_t rows = grad.size(0), out = grad.size(1), in = x.size(1);
  Tensor dw = Tensor::empty({out, in});
  product('T', 'N', out, in, rows, grad.data<float>(), out, x.data<float>(), in, 0, dw.data<float>());
  if (grad_bias) {
    *grad_bias = Tensor::zeros({out});
    float* sum = grad_bias->data<float>();
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < out; ++column)
        sum[column] += grad.data<float>()[row * out + column];
  }
  return dw;
}

}  // namespace noisegate
