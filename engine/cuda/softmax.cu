// A warp takes a row, and its lanes every 32nd class. A row is read once from memory and then again from the
// cache.
#include "engine/cuda/backend.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {
namespace {

/// `row(thread, first element)` for every row, by a warp each.
template <class F>
struct ByRows {
  static constexpr int threads = 128;
  std::int64_t rows, columns;
  F row;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t n = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (n < rows) row(thread, n * columns, columns);
  }
};

template <class F>
void by_rows(Stream stream, const Shape& matrix, const F& row) {
  launch(stream, parts(matrix[0], ByRows<F>::threads / warp_size), ByRows<F>{matrix[0], matrix[1], row});
}

struct Shift {
  float highest, total;  // the largest x, and Σ exp(x − highest)
};

NOISEGATE_DEVICE Shift shift_of_row(const Thread& thread, Span<const float> x, std::int64_t begin,
                                    std::int64_t columns) {
  float highest = x[begin], total = 0;
  for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
    highest = math::max(highest, x[begin + i]);
  highest = warp_max(thread, highest);
  for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
    total += math::exp(x[begin + i] - highest);
  return {highest, warp_sum(thread, total)};
}

struct Softmax {
  Span<const float> x;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t begin, std::int64_t columns) const {
    const Shift shift = shift_of_row(thread, x, begin, columns);
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
      y[begin + i] = math::exp(x[begin + i] - shift.highest) / shift.total;
  }
};

/// dx = p·(dy − Σ p·dy)
struct SoftmaxBackward {
  Span<const float> dy, p;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t begin, std::int64_t columns) const {
    float product = 0;
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size) product += p[begin + i] * dy[begin + i];
    product = warp_sum(thread, product);
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
      dx[begin + i] = p[begin + i] * (dy[begin + i] - product);
  }
};

struct LogSoftmax {
  Span<const float> x;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t begin, std::int64_t columns) const {
    const Shift shift = shift_of_row(thread, x, begin, columns);
    const float log_total = math::log(shift.total);
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
      y[begin + i] = x[begin + i] - shift.highest - log_total;
  }
};

/// dx = dy − e^y·Σ dy
struct LogSoftmaxBackward {
  Span<const float> dy, y;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t begin, std::int64_t columns) const {
    float total = 0;
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size) total += dy[begin + i];
    total = warp_sum(thread, total);
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size)
      dx[begin + i] = dy[begin + i] - math::exp(y[begin + i]) * total;
  }
};

}  // namespace

Tensor CudaBackend::softmax(const Tensor& x) {
  Tensor y = empty_like(x);
  by_rows(stream_, x.shape(), Softmax{input(x), output(y)});
  return y;
}

Tensor CudaBackend::softmax_backward(const Tensor& grad, const Tensor& p) {
  Tensor dx = empty_like(grad);
  by_rows(stream_, grad.shape(), SoftmaxBackward{input(grad), input(p), output(dx)});
  return dx;
}

Tensor CudaBackend::log_softmax(const Tensor& x) {
  Tensor y = empty_like(x);
  by_rows(stream_, x.shape(), LogSoftmax{input(x), output(y)});
  return y;
}

Tensor CudaBackend::log_softmax_backward(const Tensor& grad, const Tensor& y) {
  Tensor dx = empty_like(grad);
  by_rows(stream_, grad.shape(), LogSoftmaxBackward{input(grad), input(y), output(dx)});
  return dx;
}

}  // namespace noisegate::cuda
