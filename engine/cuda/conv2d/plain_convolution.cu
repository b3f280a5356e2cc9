// A thread computes one element: of the output, of the input's gradient from the windows that cover its
// pixel, or of the weight's gradient from all pixels.
#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/device/each.h"

namespace noisegate::cuda {
namespace {

template <class T>
struct Forward {
  Convolution conv;
  Span<const T> x;
  Span<const float> weight, bias;
  Span<T> y;

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
    y[i] = static_cast<T>(sum);
  }
};

template <class T>
struct InputGradient {
  Convolution conv;
  Span<const T> dy;
  Span<const float> weight;
  Span<T> dx;

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
    dx[i] = static_cast<T>(sum);
  }
};

/// dw[k, r, s, c] = Σ_{n, p, q} dy[n, p, q, k] · x[n, p·stride + r − padding, q·stride + s − padding, c]
template <class T>
struct WeightGradient {
  Convolution conv;
  Span<const T> dy, x;
  Span<float> dw;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const Element filter = Element::of(conv.weight, i);
    double sum = 0;  // of all pixels of all images
    for (std::int64_t n = 0; n < conv.y.images; ++n)
      for (std::int64_t p = 0; p < conv.y.height; ++p)
        for (std::int64_t q = 0; q < conv.y.width; ++q) {
          const std::int64_t h = conv.rows.pixel(p, filter.h), w = conv.columns.pixel(q, filter.w);
          if (h < 0 || h >= conv.x.height || w < 0 || w >= conv.x.width) continue;
          sum += dy[conv.y.at(n, p, q, filter.n)] * x[conv.x.at(n, h, w, filter.c)];
        }
    dw[i] = static_cast<float>(sum);
  }
};

}  // namespace

template <class T>
void plain_convolution(Stream stream, const Convolution& conv, Span<const T> x, Span<const float> weight,
                       Span<const float> bias, Span<T> y) {
  for_each(stream, y.size(), Forward<T>{conv, x, weight, bias, y});
}

template <class T>
void plain_input_gradient(Stream stream, const Convolution& conv, Span<const T> dy, Span<const float> weight,
                          Span<T> dx) {
  for_each(stream, dx.size(), InputGradient<T>{conv, dy, weight, dx});
}

template <class T>
void plain_weight_gradient(Stream stream, const Convolution& conv, Span<const T> dy, Span<const T> x,
                           Span<float> dw) {
  for_each(stream, dw.size(), WeightGradient<T>{conv, dy, x, dw});
}

template void plain_convolution(Stream, const Convolution&, Span<const float>, Span<const float>,
                                Span<const float>, Span<float>);
template void plain_convolution(Stream, const Convolution&, Span<const Bfloat16>, Span<const float>,
                                Span<const float>, Span<Bfloat16>);
template void plain_input_gradient(Stream, const Convolution&, Span<const float>, Span<const float>,
                                   Span<float>);
template void plain_input_gradient(Stream, const Convolution&, Span<const Bfloat16>, Span<const float>,
                                   Span<Bfloat16>);
template void plain_weight_gradient(Stream, const Convolution&, Span<const float>, Span<const float>,
                                    Span<float>);
template void plain_weight_gradient(Stream, const Convolution&, Span<const Bfloat16>, Span<const Bfloat16>,
                                    Span<float>);

}  // namespace noisegate::cuda
