// Convolution of bfloat16 images as matrix products on the tensor cores (implicit GEMM), summed in float32;
// weights and their gradient are float32.
#pragma once

#include "engine/bfloat16.h"
#include "engine/cuda/conv2d/plain_convolution.h"

#include <optional>

namespace noisegate::cuda {

/// The tile of C that a block computes in the forward product and the input gradient: rows (pixels) × columns
/// (channels).
enum class ProductTile { tile_256x32, tile_128x64, tile_64x64 };

/// Chooses the tile by the shape alone.
ProductTile product_tile_for(std::int64_t rows, std::int64_t columns);

/// Whether 32-bit indices reach all elements of the tensors, and the kernels' bit masks all places of a
/// filter.
bool fits_bfloat16_products(const Convolution& conv);

/// Packs the filters as bfloat16, (K, R, S, C) with K and C padded with zeros to multiples of eight.
Tensor packed_filters(Stream stream, const Convolution& conv, Span<const float> weight);

/// The three products, of packed filters. Without a tile: product_tile_for() of the product's shape.
/// `moments`, if not null, receives the moments of y as stored.
void bfloat16_convolution(Stream stream, const Convolution& conv, Span<const Bfloat16> x,
                          Span<const Bfloat16> filters, Span<const float> bias, Span<Bfloat16> y,
                          BlockMoments* moments, std::optional<ProductTile> tile = {});
void bfloat16_input_gradient(Stream stream, const Convolution& conv, Span<const Bfloat16> dy,
                             Span<const Bfloat16> filters, Span<Bfloat16> dx,
                             std::optional<ProductTile> tile = {});
void bfloat16_weight_gradient(Stream stream, const Convolution& conv, Span<const Bfloat16> dy,
                              Span<const Bfloat16> x, Span<float> dw);

}  // namespace noisegate::cuda
