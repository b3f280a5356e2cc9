#include "engine/cuda/conv2d/epilogues.h"
#include "engine/cuda/conv2d/float32_convolution.h"
#include "engine/cuda/conv2d/float32_fragments.h"
#include "engine/cuda/conv2d/operands.h"
#include "engine/cuda/conv2d/window_columns.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace noisegate::cuda {
namespace {

template <Precision precision>
using Tile = BlockTile<Float32Fragments<precision>, 64, 64, 32, 32, 4>;
using AnyTile = Tile<Precision::float32>;  // where all precisions' are alike

/// Calls f with the tile of a precision, and for a channel count with the width of its copies, as a constant.
template <class F>
void with_tile(Precision precision, const F& f) {
  if (precision == Precision::tf32)
    f(Tile<Precision::tf32>());
  else
    f(Tile<Precision::float32>());
}
template <class F>
void with_width(std::int64_t channels, const F& f) {
  if (channels % 4 == 0)
    f(std::integral_constant<int, 4>());
  else
    f(std::integral_constant<int, 1>());
}

/// The sums of all splits, in their order.
struct AddParts {
  Span<const float> parts_of;
  Span<float> out;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    float sum = 0;
    for (std::int64_t at = i; at < parts_of.size(); at += out.size()) sum += parts_of[at];
    out[i] = sum;
  }
};

/// So many that the blocks keep a large GPU busy, by the shape alone.
int splits_for(int tiles, int depth) {
  constexpr int blocks = 512, fewest_slices = 8;
  const int slices = narrow(parts(depth, AnyTile::slice));
  return std::clamp(std::min(blocks / tiles, slices / fewest_slices), 1, 256);
}

}  // namespace

bool fits_float32_products(const Convolution& conv) {
  const std::int64_t most = std::numeric_limits<std::int32_t>::max() - AnyTile::rows;
  return conv.x.count() <= most && conv.y.count() <= most && conv.weight.count() <= most &&
         conv.weight.height <= WindowPlaces::most && conv.weight.width <= WindowPlaces::most;
}

void float32_convolution(Stream stream, Precision precision, const Convolution& conv, Span<const float> x,
                         Span<const float> weight, Span<const float> bias, Span<float> y) {
  const WindowPlaces windows = windows_over_x(conv, conv.x.channels);
  const int columns = narrow(conv.y.channels), depth = narrow(conv.weight.count() / columns);
  with_tile(precision, [&]<class Tile>(Tile) {
    with_width(conv.x.channels, [&](auto width) {
      gemm<Tile>(stream, WindowRows<Tile, width()>{x, windows},
                 MatrixRows<Tile, width()>{weight, columns, depth},
                 StoreSums<1>{y, windows.rows, columns, bias}, windows.rows, columns, depth);
    });
  });
}

void float32_input_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                            Span<const float> weight, Span<float> dx) {
  const WindowPlaces windows = windows_over_dy(conv, conv.y.channels);
  const int columns = narrow(conv.x.channels), depth = narrow(conv.weight.count() / columns);
  with_tile(precision, [&]<class Tile>(Tile) {
    with_width(conv.y.channels, [&](auto width_of_dy) {
      with_width(conv.x.channels, [&](auto width_of_dx) {
        gemm<Tile>(stream, WindowRows<Tile, width_of_dy()>{dy, windows},
                   FilterColumns<Tile, width_of_dx()>{weight, windows.channels, windows.filter_height,
                                                      windows.filter_width, columns},
                   StoreSums<1>{dx, windows.rows, columns}, windows.rows, columns, depth);
      });
    });
  });
}

void float32_weight_gradient(Stream stream, Precision precision, const Convolution& conv,
                             Span<const float> dy, Span<const float> x, Span<float> dw) {
  const WindowPlaces windows = windows_over_x(conv, conv.x.channels);
  const int rows = narrow(conv.y.channels), columns = narrow(dw.size() / rows), pixels = windows.rows;
  const int tiles = narrow(parts(rows, AnyTile::rows) * parts(columns, AnyTile::columns));
  const int splits = splits_for(tiles, pixels);
  const Workspace<float> sums(splits * dw.size());
  with_tile(precision, [&]<class Tile>(Tile) {
    with_width(conv.y.channels, [&](auto width_of_dy) {
      with_width(conv.x.channels, [&](auto width_of_x) {
        gemm<Tile>(stream, MatrixColumns<Tile, width_of_dy()>{dy, rows, pixels},
                   WindowColumns<Tile, width_of_x()>{x, windows}, StoreSums<1>{sums.span(), rows, columns},
                   rows, columns, pixels, splits);
      });
    });
  });
  for_each(stream, dw.size(), AddParts{sums.span(), dw});
}

}  // namespace noisegate::cuda
