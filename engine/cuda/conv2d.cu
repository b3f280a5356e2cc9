// Convolution by its definition, for any shape: the rung of the ladder on which the others stand. A thread
// works out one output element, or one element of the input's gradient from the windows that cover it; a
// warp works out one weight's gradient.
#include "engine/cuda/backend.h"
#include "engine/cuda/column_sums.h"
#include "engine/cuda/each.h"
#include "engine/cuda/window.h"

namespace noisegate::cuda {
namespace {

struct Convolution {
  Extents x, weight, y;  // the weight's K, R, S, C as N, H, W, C
  Windows rows, columns;

  Convolution(const Shape& image, const Shape& kernel, ConvolutionWindow window)
      : x(Extents::of(image)),
        weight(Extents::of(kernel)),
        y{x.images, 0, 0, weight.images},
        rows{weight.height, window.stride, window.padding},
        columns{weight.width, window.stride, window.padding} {
    y.height = rows.count(x.height);
    y.width = columns.count(x.width);
  }
};

struct Forward {
  Convolution conv;
  Span<const float> x, weight, bias;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const Element out = Element::of(conv.y, i);
    float sum = bias ? bias[out.c] : 0;
    for (std::int64_t r = 0; r < conv.weight.height; ++r)
      for (std::int64_t s = 0; s < conv.weight.width; ++s) {
        const std::int64_t h = conv.rows.pixel(out.h, r), w = conv.columns.pixel(out.w, s);
        if (h < 0 || h >= conv.x.height || w < 0 || w >= conv.x.width) continue;
        const std::int64_t pixel = conv.x.at(out.n, h, w, 0), filter = conv.weight.at(out.c, r, s, 0);
        for (std::int64_t c = 0; c < conv.x.channels; ++c) sum += x[pixel + c] * weight[filter + c];
      }
    y[i] = sum;
  }
};

struct InputGradient {
  Convolution conv;
  Span<const float> dy, weight;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const Element in = Element::of(conv.x, i);
    const Range rows = conv.rows.covering(in.h, conv.y.height);
    const Range columns = conv.columns.covering(in.w, conv.y.width);
    float sum = 0;
    for (std::int64_t p = rows.begin; p < rows.end; ++p)
      for (std::int64_t q = columns.begin; q < columns.end; ++q) {
        const std::int64_t r = conv.rows.place(in.h, p), s = conv.columns.place(in.w, q);
        const std::int64_t pixel = conv.y.at(in.n, p, q, 0);
        for (std::int64_t k = 0; k < conv.y.channels; ++k)
          sum += dy[pixel + k] * weight[conv.weight.at(k, r, s, in.c)];
      }
    dx[i] = sum;
  }
};

/// dw[k, r, s, c] = Σ_{n, p, q} dy[n, p, q, k] · x[n, p·stride + r − padding, q·stride + s − padding, c]
struct WeightGradient {
  static constexpr int threads = 128;
  Convolution conv;
  Span<const float> dy, x;
  Span<float> dw;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t weight = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (weight >= dw.size()) return;
    const Element filter = Element::of(conv.weight, weight);
    const std::int64_t pixels = conv.y.images * conv.y.height * conv.y.width;
    float sum = 0;
    for (std::int64_t i = thread.lane(); i < pixels; i += warp_size) {
      const std::int64_t row = i / conv.y.width, n = row / conv.y.height;
      const std::int64_t h = conv.rows.pixel(row % conv.y.height, filter.h);
      const std::int64_t w = conv.columns.pixel(i % conv.y.width, filter.w);
      if (h < 0 || h >= conv.x.height || w < 0 || w >= conv.x.width) continue;
      sum += dy[i * conv.y.channels + filter.n] * x[conv.x.at(n, h, w, filter.c)];
    }
    sum = warp_sum(thread, sum);
    if (thread.lane() == 0) dw[weight] = sum;
  }
};

}  // namespace

Tensor CudaBackend::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           ConvolutionWindow window) {
  const Convolution conv(x.shape(), weight.shape(), window);
  Tensor y = empty(conv.y.shape());
  for_each(stream_, y.numel(), Forward{conv, input(x), input(weight), input(bias), output(y)});
  return y;
}

Tensor CudaBackend::conv2d_backward_input(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                                          ConvolutionWindow window) {
  Tensor dx = empty(input_shape);
  for_each(stream_, dx.numel(),
           InputGradient{{input_shape, weight.shape(), window}, input(grad), input(weight), output(dx)});
  return dx;
}

Tensor CudaBackend::conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape,
                                           ConvolutionWindow window, Tensor* grad_bias) {
  if (grad_bias) *grad_bias = bias_gradient(stream_, grad, weight_shape[0]);
  Tensor dw = empty(weight_shape);
  launch(stream_, parts(dw.numel(), WeightGradient::threads / warp_size),
         WeightGradient{{x.shape(), weight_shape, window}, input(grad), input(x), output(dw)});
  return dw;
}

}  // namespace noisegate::cuda
