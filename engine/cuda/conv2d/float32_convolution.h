// Convolution of float32 images as matrix products on the tensor cores (implicit GEMM): the rows of the
// products are gathered from the images while they are worked out, so that no matrix of windows is ever
// written down.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/conv2d/precision.h"

namespace noisegate::cuda {

/// Whether the products can count the elements of all tensors in 32 bits, and the places of a filter in their
/// masks.
bool fits_float32_products(const Convolution& conv);

void float32_convolution(Stream stream, Precision precision, const Convolution& conv, Span<const float> x,
                         Span<const float> weight, Span<const float> bias, Span<float> y);
void float32_input_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                            Span<const float> weight, Span<float> dx);
void float32_weight_gradient(Stream stream, Precision precision, const Convolution& conv,
                             Span<const float> dy, Span<const float> x, Span<float> dw);

}  // namespace noisegate::cuda
