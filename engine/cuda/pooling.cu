// A thread works out one element: of the output forward, of the input's gradient backward, where it adds up
// what the windows over its pixel bring. So no two threads add to the same place, and neighbours read
// neighbouring channels.
#include "engine/cuda/backend.h"
#include "engine/cuda/each.h"
#include "engine/cuda/memory.h"
#include "engine/cuda/window.h"

namespace noisegate::cuda {
namespace {

struct Pooling {
  Extents in, out;
  Windows windows;

  Pooling(const Shape& shape, PoolWindow window)
      : in(Extents::of(shape)), out(in), windows{window.size, window.stride, window.padding} {
    out.height = windows.count(in.height);
    out.width = windows.count(in.width);
  }

  /// visit(element of the input, place in the window) for what the window of an output element covers.
  template <class Visit>
  NOISEGATE_DEVICE void for_each_covered(const Element& y, Visit visit) const {
    for (std::int64_t r = 0; r < windows.size; ++r)
      for (std::int64_t s = 0; s < windows.size; ++s) {
        const std::int64_t h = windows.pixel(y.h, r), w = windows.pixel(y.w, s);
        if (h < 0 || h >= in.height || w < 0 || w >= in.width) continue;
        visit(in.at(y.n, h, w, y.c), r * windows.size + s);
      }
  }
  /// visit(element of the output, place in its window) for the windows that cover an input element.
  template <class Visit>
  NOISEGATE_DEVICE void for_each_covering(const Element& x, Visit visit) const {
    const Range rows = windows.covering(x.h, out.height), columns = windows.covering(x.w, out.width);
    for (std::int64_t p = rows.begin; p < rows.end; ++p)
      for (std::int64_t q = columns.begin; q < columns.end; ++q) {
        visit(out.at(x.n, p, q, x.c), windows.place(x.h, p) * windows.size + windows.place(x.w, q));
      }
  }
};

struct MaxPool {
  Pooling pooling;
  Span<const float> x;
  Span<float> y;
  Span<std::uint8_t> argmax;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float highest = 0;
    std::int64_t winner = -1;
    pooling.for_each_covered(Element::of(pooling.out, i), [&](std::int64_t at, std::int64_t place) {
      const float value = x[at];
      const bool wins = value > highest || winner < 0 || value != value;  // NaN wins, as it must be seen
      highest = wins ? value : highest;
      winner = wins ? place : winner;
    });
    y[i] = highest;
    argmax[i] = static_cast<std::uint8_t>(winner);
  }
};

struct MaxPoolBackward {
  Pooling pooling;
  Span<const float> grad;
  Span<const std::uint8_t> argmax;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covering(Element::of(pooling.in, i), [&](std::int64_t at, std::int64_t place) {
      if (argmax[at] == place) sum += grad[at];
    });
    dx[i] = sum;
  }
};

struct AveragePool {
  Pooling pooling;
  Span<const float> x;
  Span<float> y;
  float share;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covered(Element::of(pooling.out, i),
                             [&](std::int64_t at, std::int64_t) { sum += x[at]; });
    y[i] = sum * share;
  }
};

struct AveragePoolBackward {
  Pooling pooling;
  Span<const float> grad;
  Span<float> dx;
  float share;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covering(Element::of(pooling.in, i),
                              [&](std::int64_t at, std::int64_t) { sum += grad[at]; });
    dx[i] = sum * share;
  }
};

struct GlobalAveragePool {
  Extents in;
  Span<const float> x;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t pixels = in.height * in.width, n = i / in.channels, c = i % in.channels;
    float sum = 0;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) sum += x[(n * pixels + pixel) * in.channels + c];
    y[i] = sum / static_cast<float>(pixels);
  }
};

struct GlobalAveragePoolBackward {
  Extents in;
  Span<const float> grad;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t pixels = in.height * in.width, n = i / (pixels * in.channels), c = i % in.channels;
    dx[i] = grad[n * in.channels + c] / static_cast<float>(pixels);
  }
};

float share_of(PoolWindow window) {
  return 1 / static_cast<float>(window.size * window.size);
}

}  // namespace

Pooled CudaBackend::max_pool2d(const Tensor& x, PoolWindow window) {
  const Pooling pooling(x.shape(), window);
  Pooled pooled{empty(pooling.out.shape()), empty(pooling.out.shape(), DType::u8)};
  for_each(stream_, pooled.output.numel(),
           MaxPool{pooling, input(x), output(pooled.output), output<std::uint8_t>(pooled.argmax)});
  return pooled;
}

Tensor CudaBackend::max_pool2d_backward(const Tensor& grad, const Tensor& argmax, const Shape& input_shape,
                                        PoolWindow window) {
  Tensor dx = empty(input_shape);
  for_each(stream_, dx.numel(),
           MaxPoolBackward{{input_shape, window}, input(grad), input<std::uint8_t>(argmax), output(dx)});
  return dx;
}

Tensor CudaBackend::average_pool2d(const Tensor& x, PoolWindow window) {
  const Pooling pooling(x.shape(), window);
  Tensor y = empty(pooling.out.shape());
  for_each(stream_, y.numel(), AveragePool{pooling, input(x), output(y), share_of(window)});
  return y;
}

Tensor CudaBackend::average_pool2d_backward(const Tensor& grad, const Shape& input_shape, PoolWindow window) {
  Tensor dx = empty(input_shape);
  for_each(stream_, dx.numel(),
           AveragePoolBackward{{input_shape, window}, input(grad), output(dx), share_of(window)});
  return dx;
}

Tensor CudaBackend::global_average_pool(const Tensor& x) {
  Tensor y = empty({x.size(0), x.size(3)});
  for_each(stream_, y.numel(), GlobalAveragePool{Extents::of(x.shape()), input(x), output(y)});
  return y;
}

Tensor CudaBackend::global_average_pool_backward(const Tensor& grad, const Shape& input_shape, Layout) {
  Tensor dx = empty(input_shape);
  for_each(stream_, dx.numel(), GlobalAveragePoolBackward{Extents::of(input_shape), input(grad), output(dx)});
  return dx;
}

}  // namespace noisegate::cuda
