// Convolution of float32 images as matrix products on the tensor cores (implicit GEMM): the kernels gather
// the rows of the products from the images while they multiply, so that no matrix of windows is stored.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/conv2d/precision.h"

namespace noisegate::cuda {

/// Whether 32-bit indices reach all elements of the tensors, and the kernels' bit masks all places of a
/// filter.
bool fits_float32_products(const Convolution& conv);

void float32_convolution(Stream stream, Precision precision, const Convolution& conv, Span<const float> x,
                         Span<const float> weight, Span<const float> bias, Span<float> y);
void float32_input_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                            Span<const float> weight, Span<float> dx);
void float32_weight_gradient(Stream stream, Precision precision, const Convolution& conv,
                             Span<const float> dy, Span<const float> x, Span<float> dw);

}  // namespace noisegate::cuda
