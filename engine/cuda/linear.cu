// The classifier's products are small compared with the convolutions; what counts is that no thread waits for
// a long sum of its own. x may be bfloat16, everything else is float32.
#include "engine/cuda/backend.h"
#include "engine/cuda/device/column_sums.h"
#include "engine/cuda/device/each.h"

namespace noisegate::cuda {
namespace {

/// y[n, k] = bias[k] + Σ_c x[n, c]·weight[k, c]: a warp an element.
template <class T>
struct Forward {
  static constexpr int threads = 128, warps = threads / warp_size;
  Span<const T> x;
  Span<const float> weight, bias;  // no bias: zeros
  std::int64_t depth, columns;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t at = std::int64_t{thread.block()} * warps + thread.warp();
    if (at >= y.size()) return;
    const std::int64_t n = at / columns, k = at % columns;
    float sum = 0;
    for (std::int64_t c = thread.lane(); c < depth; c += warp_size)
      sum += static_cast<float>(x[n * depth + c]) * weight[k * depth + c];
    sum = warp_sum(thread, sum);
    if (thread.lane() == 0) y[at] = bias ? sum + bias[k] : sum;
  }
};

/// dx[n, c] = Σ_k dy[n, k]·weight[k, c], over as many k as there are classes.
struct InputGradient {
  Span<const float> dy, weight;
  std::int64_t depth, columns;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t at) const {
    const std::int64_t n = at / columns, c = at % columns;
    float sum = 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += dy[n * depth + k] * weight[k * columns + c];
    dx[at] = sum;
  }
};

/// dw[k, c] = Σ_n dy[n, k]·x[n, c]: a warp takes 32 neighbouring c and a share of the batch, the first of a
/// block adds up all of these.
template <class T>
struct WeightGradient {
  static constexpr int threads = 256, warps = threads / warp_size;
  struct Shared {
    SharedArray<float, threads> of_warps;
  };
  Span<const float> dy;
  Span<const T> x;
  std::int64_t images, rows, columns;
  Span<float> dw;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t groups = parts(columns, warp_size), k = thread.block() / groups;
    const std::int64_t c = thread.block() % groups * warp_size + thread.lane();
    float sum = 0;
    if (c < columns)
      for (std::int64_t n = thread.warp(); n < images; n += warps)
        sum += dy[n * rows + k] * static_cast<float>(x[n * columns + c]);
    shared.of_warps[thread.index()] = sum;
    thread.barrier();
    if (thread.warp() > 0 || c >= columns) return;
    for (int warp = 1; warp < warps; ++warp) sum += shared.of_warps[warp * warp_size + thread.lane()];
    dw[k * columns + c] = sum;
  }
};

}  // namespace

Tensor CudaBackend::linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Tensor y = empty({x.size(0), weight.size(0)});
  with_type(x, [&]<class T>(std::type_identity<T>) {
    launch(stream_, parts(y.numel(), Forward<T>::warps),
           Forward<T>{input<T>(x), input(weight), input(bias), x.size(1), y.size(1), output(y)});
  });
  return y;
}

Tensor CudaBackend::linear_backward_input(const Tensor& grad, const Tensor& weight) {
  Tensor dx = empty({grad.size(0), weight.size(1)});
  for_each(stream_, dx.numel(),
           InputGradient{input(grad), input(weight), grad.size(1), weight.size(1), output(dx)});
  return dx;
}

Tensor CudaBackend::linear_backward_weight(const Tensor& grad, const Tensor& x, Tensor* grad_bias) {
  if (grad_bias) *grad_bias = bias_gradient(stream_, grad, grad.size(1));
  Tensor dw = empty({grad.size(1), x.size(1)});
  with_type(x, [&]<class T>(std::type_identity<T>) {
    launch(stream_, dw.size(0) * parts(dw.size(1), warp_size),
           WeightGradient<T>{input(grad), input<T>(x), x.size(0), dw.size(0), dw.size(1), output(dw)});
  });
  return dw;
}

}  // namespace noisegate::cuda
