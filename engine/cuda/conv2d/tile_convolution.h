// Convolution as matrix products on the tensor cores (implicit GEMM): the rows of the products are gathered
// from the images while they are worked out, so that no matrix of windows is ever written down.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/conv2d/tile_product.h"

namespace noisegate::cuda {

/// Whether the products can count the elements of all tensors in 32 bits.
bool fits_tiles(const Convolution& conv);

void tile_convolution(Stream stream, Precision precision, const Convolution& conv, Span<const float> x,
                      Span<const float> weight, Span<const float> bias, Span<float> y);
void tile_input_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                         Span<const float> weight, Span<float> dx);
void tile_weight_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                          Span<const float> x, Span<float> dw);

}  // namespace noisegate::cuda
