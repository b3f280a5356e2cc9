// Convolution by its definition, for any shape: the rung of the ladder on which the others stand.
#pragma once

#include "engine/cuda/launch.h"
#include "engine/cuda/window.h"
#include "engine/ops.h"

namespace noisegate::cuda {

/// The extents of a convolution.
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

void plain_convolution(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                       Span<const float> bias, Span<float> y);
void plain_input_gradient(Stream stream, const Convolution& conv, Span<const float> dy,
                          Span<const float> weight, Span<float> dx);
void plain_weight_gradient(Stream stream, const Convolution& conv, Span<const float> dy, Span<const float> x,
                           Span<float> dw);

}  // namespace noisegate::cuda
