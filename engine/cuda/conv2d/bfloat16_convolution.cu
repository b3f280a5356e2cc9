#include "engine/cuda/conv2d/bfloat16_convolution.h"
#include "engine/cuda/conv2d/bfloat16_fragments.h"
#include "engine/cuda/conv2d/epilogues.h"
#include "engine/cuda/conv2d/operands.h"
#include "engine/cuda/conv2d/window_columns.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/split_sums.h"

#include <algorithm>
#include <limits>

namespace noisegate::cuda {
namespace {

template <int rows, int columns, int rows_of_warp, int columns_of_warp, int stages>
using Tile16 = BlockTile<Bfloat16Fragments, rows, columns, rows_of_warp, columns_of_warp, stages>;

std::int64_t in_eights(std::int64_t count) {
  return parts(count, 8) * 8;
}

// ---- images and filters in eights ----

/// Filters (K, R, S, C) as bfloat16, K and C filled up with zeros to eights; a pack a thread.
struct PackFilters {
  Extents from;
  std::int64_t channels;  // of the packed ones
  Span<const float> weight;
  Span<Bfloat16> out;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = i * 8, place = at / channels, c = at % channels;  // k, r, s in one
    float values[8]{};
    if (place < from.images * from.height * from.width)
      for (int k = 0; k < 8 && c + k < from.channels; ++k) values[k] = weight[place * from.channels + c + k];
    out.store<8>(at, to_pack<Bfloat16>(values));
  }
};

/// Images whose channels do not come in eights, filled up with zeros; a pack a thread.
struct PackChannels {
  std::int64_t from, channels;  // channels before, and filled up
  Span<const Bfloat16> x;
  Span<Bfloat16> out;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = i * 8, pixel = at / channels, c = at % channels;
    Pack<Bfloat16, 8> values{};
    for (int k = 0; k < 8 && c + k < from; ++k) values[k] = x[pixel * from + c + k];
    out.store<8>(at, values);
  }
};

/// Images as they are, or in eights in a workspace of their own.
class PackedImages {
 public:
  PackedImages(Stream stream, const Extents& extents, Span<const Bfloat16> x) : values_(x) {
    const std::int64_t channels = in_eights(extents.channels);
    if (channels == extents.channels && x.is_aligned(16)) return;
    workspace_.emplace(extents.count() / extents.channels * channels);
    values_ = workspace_->span();
    for_each(stream, values_.size() / 8, PackChannels{extents.channels, channels, x, workspace_->span()});
  }

  Span<const Bfloat16> values() const { return values_; }

 private:
  std::optional<Workspace<Bfloat16>> workspace_;
  Span<const Bfloat16> values_;
};

/// Which of a split's sums an element (k, r, s, c) of the weight gradient is: WindowGroups has the columns
/// in groups of 32 channels.
struct GroupedColumns {
  Extents weight;
  std::int64_t columns;

  NOISEGATE_DEVICE std::int64_t operator()(std::int64_t i) const {
    const std::int64_t c = i % weight.channels, place = i / weight.channels,
                       places = weight.height * weight.width;
    const std::int64_t k = place / places;
    return k * columns + (c / 32 * places + place % places) * 32 + c % 32;
  }
};

/// Calls f with the tile as a type.
template <class F>
void with_tile(ProductTile tile, const F& f) {
  switch (tile) {
    case ProductTile::tile_256x32:
      return f(Tile16<256, 32, 64, 32, 3>());
    case ProductTile::tile_128x64:
      return f(Tile16<128, 64, 64, 32, 4>());
    case ProductTile::tile_64x64:
      return f(Tile16<64, 64, 32, 32, 4>());
  }
}

/// So many that each of a large GPU's 132 multiprocessors gets as many blocks as its registers hold, and each
/// block something to add up.
template <class Tile>
int splits_for(std::int64_t tiles, std::int64_t pixels) {
  constexpr std::int64_t blocks = Tile::threads > 256 ? 132 : 264, fewest_pixels = 256;
  return narrow(std::clamp<std::int64_t>(std::min(blocks / tiles, pixels / fewest_pixels), 1, blocks));
}

}  // namespace

bool fits_bfloat16_products(const Convolution& conv) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max() / 2;
  const auto fits = [](const Extents& extents) {
    return extents.count() / extents.channels * in_eights(extents.channels) <= most;
  };
  return fits(conv.x) && fits(conv.y) && fits(conv.weight) && conv.weight.height <= WindowPlaces::most &&
         conv.weight.width <= WindowPlaces::most;
}

ProductTile product_tile_for(std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t blocks = 132 * 3 / 2;
  if (columns <= 32 && parts(rows, 256) >= blocks) return ProductTile::tile_256x32;
  if (parts(rows, 128) * parts(columns, 64) >= blocks) return ProductTile::tile_128x64;
  return ProductTile::tile_64x64;
}

Tensor packed_filters(Stream stream, const Convolution& conv, Span<const float> weight) {
  const Extents& from = conv.weight;
  Tensor filters =
      empty({in_eights(from.images), from.height, from.width, in_eights(from.channels)}, DType::bf16);
  for_each(stream, filters.numel() / 8,
           PackFilters{from, filters.size(3), weight, output<Bfloat16>(filters)});
  return filters;
}

void bfloat16_convolution(Stream stream, const Convolution& conv, Span<const Bfloat16> x,
                          Span<const Bfloat16> filters, Span<const float> bias, Span<Bfloat16> y,
                          BlockMoments* moments, std::optional<ProductTile> tile) {
  const PackedImages images(stream, conv.x, x);
  const WindowPlaces windows = windows_over_x(conv, in_eights(conv.x.channels));
  const int columns = narrow(conv.y.channels),
            depth = windows.filter_height * windows.filter_width * windows.channels;
  with_tile(tile ? *tile : product_tile_for(windows.rows, columns), [&](auto shape) {
    using Tile = decltype(shape);
    const auto multiply = [&](const auto& epilogue) {
      gemm<Tile>(stream, WindowRows<Tile, 8>{images.values(), windows},
                 MatrixRows<Tile, 8>{filters, columns, depth}, epilogue, windows.rows, columns, depth);
    };
    if (moments) {
      *moments = {empty({2, columns, parts(windows.rows, Tile::rows)}), Tile::rows};
      multiply(StoreImages<true>{y, bias, windows.rows, columns, output(moments->sums)});
    } else {
      multiply(StoreImages<false>{y, bias, windows.rows, columns, {}});
    }
  });
}

void bfloat16_input_gradient(Stream stream, const Convolution& conv, Span<const Bfloat16> dy,
                             Span<const Bfloat16> filters, Span<Bfloat16> dx,
                             std::optional<ProductTile> tile) {
  const PackedImages gradients(stream, conv.y, dy);
  const WindowPlaces windows = windows_over_dy(conv, in_eights(conv.y.channels));
  const int columns = narrow(conv.x.channels), channels = narrow(in_eights(columns)),
            depth = windows.filter_height * windows.filter_width * windows.channels;
  with_tile(tile ? *tile : product_tile_for(windows.rows, columns), [&](auto shape) {
    using Tile = decltype(shape);
    gemm<Tile>(stream, WindowRows<Tile, 8>{gradients.values(), windows},
               FilterColumns<Tile, 8>{filters, windows.channels, windows.filter_height, windows.filter_width,
                                      channels},
               StoreImages<false>{dx, {}, windows.rows, columns, {}}, windows.rows, columns, depth);
  });
}

void bfloat16_weight_gradient(Stream stream, const Convolution& conv, Span<const Bfloat16> dy,
                              Span<const Bfloat16> x, Span<float> dw) {
  const PackedImages gradients(stream, conv.y, dy), images(stream, conv.x, x);
  const WindowPlaces windows = windows_over_x(conv, in_eights(conv.x.channels));
  const int rows = narrow(in_eights(conv.y.channels)), pixels = windows.rows;
  const auto multiply = [&](auto shape) {
    using Tile = decltype(shape);
    const WindowGroups<Tile, 8> columns_of_x(images.values(), windows);
    const int columns = columns_of_x.count();
    const int splits = splits_for<Tile>(parts(rows, Tile::rows) * parts(columns, Tile::columns), pixels);
    const Workspace<float> sums(std::int64_t{splits} * rows * columns);
    gemm<Tile>(stream, MatrixColumns<Tile, 8>{gradients.values(), rows, pixels}, columns_of_x,
               StoreSums<2>{sums.span(), rows, columns}, rows, columns, pixels, splits);
    add_splits(stream, sums.span(), splits, dw, GroupedColumns{conv.weight, columns});
  };
  const bool is_3x3 = conv.weight.height == 3 && conv.weight.width == 3;
  if (!is_3x3)
    multiply(Tile16<64, 96, 32, 48, 4>());
  else if (rows <= 32)
    multiply(Tile16<32, 288, 32, 48, 3>());
  else
    multiply(Tile16<64, 288, 32, 48, 3>());
}

}  // namespace noisegate::cuda
