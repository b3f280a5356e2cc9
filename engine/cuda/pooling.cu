// A thread computes one element: of the output forward; of the input's gradient backward, as the sum over the
// windows that cover its pixel. So no two threads add to the same place, and neighbouring threads read
// neighbouring channels.
#include "engine/cuda/backend.h"
#include "engine/cuda/conv2d/window.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

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

template <class T>
struct MaxPool {
  Pooling pooling;
  Span<const T> x;
  Span<T> y;
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
    y[i] = static_cast<T>(highest);
    argmax[i] = static_cast<std::uint8_t>(winner);
  }
};

template <class T>
struct MaxPoolBackward {
  Pooling pooling;
  Span<const T> grad;
  Span<const std::uint8_t> argmax;
  Span<T> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covering(Element::of(pooling.in, i), [&](std::int64_t at, std::int64_t place) {
      if (argmax[at] == place) sum += grad[at];
    });
    dx[i] = static_cast<T>(sum);
  }
};

template <class T>
struct AveragePool {
  Pooling pooling;
  Span<const T> x;
  Span<T> y;
  float share;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covered(Element::of(pooling.out, i),
                             [&](std::int64_t at, std::int64_t) { sum += x[at]; });
    y[i] = static_cast<T>(sum * share);
  }
};

template <class T>
struct AveragePoolBackward {
  Pooling pooling;
  Span<const T> grad;
  Span<T> dx;
  float share;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    pooling.for_each_covering(Element::of(pooling.in, i),
                              [&](std::int64_t at, std::int64_t) { sum += grad[at]; });
    dx[i] = static_cast<T>(sum * share);
  }
};

/// A warp adds up 32 channels over a share of an image's pixels, the first one all of these.
template <class T>
struct GlobalAveragePool {
  static constexpr int threads = 256, warps = threads / warp_size;
  struct Shared {
    SharedArray<float, threads> sums;
  };
  Extents in;
  Span<const T> x;
  Span<T> y;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t groups = parts(in.channels, warp_size), n = thread.block() / groups;
    const std::int64_t c = thread.block() % groups * warp_size + thread.lane(), pixels = in.height * in.width;
    float sum = 0;
    if (c < in.channels)
      for (std::int64_t pixel = thread.warp(); pixel < pixels; pixel += warps)
        sum += x[(n * pixels + pixel) * in.channels + c];
    shared.sums[thread.index()] = sum;
    thread.barrier();
    if (thread.warp() > 0 || c >= in.channels) return;
    for (int warp = 1; warp < warps; ++warp) sum += shared.sums[warp * warp_size + thread.lane()];
    y[n * in.channels + c] = static_cast<T>(sum / static_cast<float>(pixels));
  }
};

/// `width` neighbouring channels a thread.
template <class T, int width>
struct GlobalAveragePoolBackward {
  Extents in;
  Span<const T> grad;
  Span<T> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t pixels = in.height * in.width, at = i * width;
    const std::int64_t n = at / (pixels * in.channels), c = at % in.channels;
    Pack<T, width> values = grad.template load<width>(n * in.channels + c);
    for (int k = 0; k < width; ++k)
      values[k] = static_cast<T>(static_cast<float>(values[k]) / static_cast<float>(pixels));
    dx.template store<width>(at, values);
  }
};

float share_of(PoolWindow window) {
  return 1 / static_cast<float>(window.size * window.size);
}

}  // namespace

Pooled CudaBackend::max_pool2d(const Tensor& x, PoolWindow window) {
  const Pooling pooling(x.shape(), window);
  Pooled pooled{empty(pooling.out.shape(), x.dtype()), empty(pooling.out.shape(), DType::u8)};
  with_type(x, [&]<class T>(std::type_identity<T>) {
    for_each(stream_, pooled.output.numel(),
             MaxPool<T>{pooling, input<T>(x), output<T>(pooled.output), output<std::uint8_t>(pooled.argmax)});
  });
  return pooled;
}

Tensor CudaBackend::max_pool2d_backward(const Tensor& grad, const Tensor& argmax, const Shape& input_shape,
                                        PoolWindow window) {
  Tensor dx = empty(input_shape, grad.dtype());
  with_type(grad, [&]<class T>(std::type_identity<T>) {
    for_each(stream_, dx.numel(),
             MaxPoolBackward<T>{
                 {input_shape, window}, input<T>(grad), input<std::uint8_t>(argmax), output<T>(dx)});
  });
  return dx;
}

Tensor CudaBackend::average_pool2d(const Tensor& x, PoolWindow window) {
  const Pooling pooling(x.shape(), window);
  Tensor y = empty(pooling.out.shape(), x.dtype());
  with_type(x, [&]<class T>(std::type_identity<T>) {
    for_each(stream_, y.numel(), AveragePool<T>{pooling, input<T>(x), output<T>(y), share_of(window)});
  });
  return y;
}

Tensor CudaBackend::average_pool2d_backward(const Tensor& grad, const Shape& input_shape, PoolWindow window) {
  Tensor dx = empty(input_shape, grad.dtype());
  with_type(grad, [&]<class T>(std::type_identity<T>) {
    for_each(stream_, dx.numel(),
             AveragePoolBackward<T>{{input_shape, window}, input<T>(grad), output<T>(dx), share_of(window)});
  });
  return dx;
}

Tensor CudaBackend::global_average_pool(const Tensor& x) {
  Tensor y = empty({x.size(0), x.size(3)}, x.dtype());
  with_type(x, [&]<class T>(std::type_identity<T>) {
    launch(stream_, x.size(0) * parts(x.size(3), warp_size),
           GlobalAveragePool<T>{Extents::of(x.shape()), input<T>(x), output<T>(y)});
  });
  return y;
}

Tensor CudaBackend::global_average_pool_backward(const Tensor& grad, const Shape& input_shape, Layout) {
  Tensor dx = empty(input_shape, grad.dtype());
  const Extents in = Extents::of(input_shape);
  with_type(grad, [&]<class T>(std::type_identity<T>) {
    constexpr int width = pack_size<T>;
    if (in.channels % width == 0 && input<T>(grad).is_aligned(16))
      for_each(stream_, dx.numel() / width,
               GlobalAveragePoolBackward<T, width>{in, input<T>(grad), output<T>(dx)});
    else
      for_each(stream_, dx.numel(), GlobalAveragePoolBackward<T, 1>{in, input<T>(grad), output<T>(dx)});
  });
  return dx;
}

}  // namespace noisegate::cuda
