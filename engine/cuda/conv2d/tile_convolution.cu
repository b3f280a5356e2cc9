#include "engine/cuda/conv2d/tile_convolution.h"
#include "engine/cuda/conv2d/tile_operands.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace noisegate::cuda {
namespace {

int narrow(std::int64_t count) {
  return static_cast<int>(count);
}

/// Calls f with the precision and, for each of the channel counts, the width of its copies, as constants.
template <class F>
void with_width(std::int64_t channels, const F& f) {
  if (channels % 4 == 0)
    f(std::integral_constant<int, 4>());
  else
    f(std::integral_constant<int, 1>());
}
template <class F>
void with_precision(Precision precision, const F& f) {
  if (precision == Precision::tf32)
    f(std::integral_constant<Precision, Precision::tf32>());
  else
    f(std::integral_constant<Precision, Precision::float32>());
}

/// The windows over x, one an output pixel.
Windowing windows_over_x(const Convolution& conv) {
  const auto axis = [](const Windows& windows, std::int64_t extent) {
    return Axis{narrow(windows.stride), narrow(windows.padding), narrow(extent), false};
  };
  return {axis(conv.rows, conv.x.height), axis(conv.columns, conv.x.width), narrow(conv.y.height),
          narrow(conv.y.width),           narrow(conv.x.channels),          narrow(conv.weight.width)};
}

/// The same over dy, one an input pixel.
Windowing windows_over_dy(const Convolution& conv) {
  const auto axis = [](const Windows& windows, std::int64_t extent) {
    return Axis{narrow(windows.stride), narrow(windows.padding), narrow(extent), true};
  };
  return {axis(conv.rows, conv.y.height), axis(conv.columns, conv.y.width), narrow(conv.x.height),
          narrow(conv.x.width),           narrow(conv.y.channels),          narrow(conv.weight.width)};
}

struct StoreOutput {
  Span<float> out;
  Span<const float> bias;
  int columns;

  NOISEGATE_DEVICE void operator()(int, int row, int column, float sum) const {
    out[row * columns + column] = bias ? sum + bias[column] : sum;
  }
};

struct StorePart {
  Span<float> parts_of;
  int rows, columns;

  NOISEGATE_DEVICE void operator()(int split, int row, int column, float sum) const {
    parts_of[(std::int64_t{split} * rows + row) * columns + column] = sum;
  }
};

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

/// (K, R, S, C) → (C, R, S, K)
struct Transpose {
  Extents from;
  Span<const float> weight;
  Span<float> out;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const Extents to{from.channels, from.height, from.width, from.images};
    const Element e = Element::of(to, i);
    out[i] = weight[from.at(e.c, e.h, e.w, e.n)];
  }
};

/// So many that the blocks keep a large GPU busy, by the shape alone.
int splits_for(int tiles, int depth) {
  constexpr int blocks = 512, fewest_slices = 8;
  const int slices = narrow(parts(depth, Tile::slice));
  return std::clamp(std::min(blocks / tiles, slices / fewest_slices), 1, 256);
}

}  // namespace

bool fits_tiles(const Convolution& conv) {
  const std::int64_t most = std::numeric_limits<std::int32_t>::max() - Tile::size;
  return conv.x.count() <= most && conv.y.count() <= most && conv.weight.count() <= most;
}

void tile_convolution(Stream stream, Precision precision, const Convolution& conv, Span<const float> x,
                      Span<const float> weight, Span<const float> bias, Span<float> y) {
  const int rows = narrow(conv.y.count() / conv.y.channels), columns = narrow(conv.y.channels),
            depth = narrow(conv.weight.count() / columns);
  with_precision(precision, [&](auto exact) {
    with_width(conv.x.channels, [&](auto width) {
      tile_product<exact()>(
          stream, WindowRows<width()>{x, windows_over_x(conv), rows, narrow(conv.weight.height)},
          MatrixRows<width()>{weight, columns, depth}, StoreOutput{y, bias, columns}, rows, columns, depth);
    });
  });
}

void tile_input_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                         Span<const float> weight, Span<float> dx) {
  const int rows = narrow(conv.x.count() / conv.x.channels), columns = narrow(conv.x.channels),
            depth = narrow(conv.weight.count() / columns);
  const Workspace<float> transposed(weight.size());
  for_each(stream, weight.size(), Transpose{conv.weight, weight, transposed.span()});
  with_precision(precision, [&](auto exact) {
    with_width(conv.y.channels, [&](auto width) {
      tile_product<exact()>(stream,
                            WindowRows<width()>{dy, windows_over_dy(conv), rows, narrow(conv.weight.height)},
                            MatrixRows<width()>{transposed.span(), columns, depth},
                            StoreOutput{dx, {}, columns}, rows, columns, depth);
    });
  });
}

void tile_weight_gradient(Stream stream, Precision precision, const Convolution& conv, Span<const float> dy,
                          Span<const float> x, Span<float> dw) {
  const int rows = narrow(conv.y.channels), columns = narrow(dw.size() / rows),
            depth = narrow(conv.y.count() / rows);
  const int tiles = narrow(parts(rows, Tile::size) * parts(columns, Tile::size));
  const int splits = splits_for(tiles, depth);
  const Workspace<float> sums(splits * dw.size());
  with_precision(precision, [&](auto exact) {
    with_width(conv.y.channels, [&](auto width_of_dy) {
      with_width(conv.x.channels, [&](auto width_of_x) {
        tile_product<exact()>(stream, MatrixColumns<width_of_dy()>{dy, rows, depth},
                              WindowColumns<width_of_x()>{x, windows_over_x(conv), columns, depth},
                              StorePart{sums.span(), rows, columns}, rows, columns, depth, splits);
      });
    });
  });
  for_each(stream, dw.size(), AddParts{sums.span(), dw});
}

}  // namespace noisegate::cuda
