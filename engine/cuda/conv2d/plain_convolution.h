// Convolution by its definition, for any shape: the lowest rung of the ladder.
#pragma once

#include "engine/cuda/conv2d/window.h"
#include "engine/cuda/device/launch.h"
#include "engine/ops.h"

namespace noisegate::cuda {

/// The shapes of a convolution.
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

/// T: float or Bfloat16; weights and their gradient are float32.
template <class T>
void plain_convolution(Stream stream, const Convolution& conv, Span<const T> x, Span<const float> weight,
                       Span<const float> bias, Span<T> y);
template <class T>
void plain_input_gradient(Stream stream, const Convolution& conv, Span<const T> dy, Span<const float> weight,
                          Span<T> dx);
template <class T>
void plain_weight_gradient(Stream stream, const Convolution& conv, Span<const T> dy, Span<const T> x,
                           Span<float> dw);

}  // namespace noisegate::cuda
