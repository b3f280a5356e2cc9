#include "datasets/augment/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace noisegate {
namespace {

// Weights are in 32768ths, values between the two passes in 128ths: in 16 bits each, so that a vector
// instruction takes many at a time.
constexpr std::int32_t one = 1 << 15;
constexpr int fraction_bits = 7;

/// The source pixels that a target pixel is made of: those from `begin` on, by these weights.
struct Taps {
  int begin = 0, count = 0;
  std::size_t weights = 0;  // where they start in Filter::weights
};

struct Filter {
  std::vector<Taps> taps;  // one for each target pixel
  std::vector<std::int16_t> weights;
  int begin = 0, end = 0;  // the source pixels that any of them needs
};

/// Appends the taps of one output pixel. Their weights add up to `one`; a pixel that stands alone has one
/// less, the largest that fits, which rounds to the same byte.
Taps add_taps(const ResampleAxis& axis, int output, std::vector<std::int16_t>& weights) {
  const double step = axis.length / axis.outputs;
  const double reach = std::max(1.0, step);
  const double centre = axis.start + (output + 0.5) * step;
  const int begin = static_cast<int>(std::max(axis.start, centre - reach + 0.5));
  const int end = static_cast<int>(std::min(std::ceil(axis.start + axis.length), centre + reach + 0.5));
  const auto share = [&](int i) { return std::max(0.0, 1 - std::abs((i + 0.5 - centre) / reach)); };
  double sum = 0;
  for (int i = begin; i < end; ++i) sum += share(i);

  const Taps taps{begin, end - begin, weights.size()};
  std::int32_t missing = one;
  std::size_t largest = weights.size();
  for (int i = begin; i < end; ++i) {
    const auto weight = std::min(one - 1, static_cast<std::int32_t>(share(i) / sum * one + 0.5));
    if (weights.size() == taps.weights || weight > weights[largest]) largest = weights.size();
    weights.push_back(static_cast<std::int16_t>(weight));
    missing -= weight;
  }
  weights[largest] = static_cast<std::int16_t>(std::min(one - 1, weights[largest] + missing));
  return taps;
}

Filter make_filter(const ResampleAxis& axis, int target_pixels) {
  Filter filter;
  for (int i = 0; i < target_pixels; ++i) {
    const int output = axis.first + (axis.mirrored ? target_pixels - 1 - i : i);
    const bool inside = output >= 0 && output < axis.outputs;
    filter.taps.push_back(inside ? add_taps(axis, output, filter.weights) : Taps{});
    if (!inside) continue;
    const Taps& taps = filter.taps.back();
    filter.begin = filter.end == 0 ? taps.begin : std::min(filter.begin, taps.begin);
    filter.end = std::max(filter.end, taps.begin + taps.count);
  }
  return filter;
}

/// value·weight, rounded; compilers know this for one instruction (x86: pmulhrsw, ARM: sqrdmulh).
std::int16_t share(std::int16_t value, std::int16_t weight) {
  return static_cast<std::int16_t>(((std::int32_t{value} * weight >> 14) + 1) >> 1);
}

/// A row of the target from the source's rows, over the values [begin, end) of each. `scaled` has room for a
/// row; compilers find the instruction for share() only where its inputs lie in memory as 16 bits.
void mix_rows(ImageView source, const Taps& taps, const std::int16_t* weights, int begin, int end,
              std::int16_t* scaled, std::int16_t* target) {
  if (taps.count == 0) std::fill(target + begin, target + end, std::int16_t{0});
  for (int t = 0; t < taps.count; ++t) {
    const std::uint8_t* row = source.row(taps.begin + t);
    const std::int16_t weight = weights[t];
    for (int i = begin; i < end; ++i) scaled[i] = static_cast<std::int16_t>(row[i] << fraction_bits);
    if (t == 0) {
      for (int i = begin; i < end; ++i) target[i] = share(scaled[i], weight);
    } else {
      for (int i = begin; i < end; ++i)
        target[i] = static_cast<std::int16_t>(target[i] + share(scaled[i], weight));
    }
  }
}

/// Several rows side by side: the values of one pixel column stand together, so that there are enough of them
/// for a vector instruction.
template <int channels>
class RowBlock {
 public:
  static constexpr int rows = 8;
  static constexpr int lanes = rows * channels;

  explicit RowBlock(int columns) : values_(static_cast<std::size_t>(columns) * lanes) {}

  void set_row(int row, const std::int16_t* values, int begin, int end) {
    for (int x = begin; x < end; ++x)
      std::copy_n(values + x * channels, channels, &values_[x * lanes + row * channels]);
  }

  /// One column of the target, row by row.
  void mix_columns(const Taps& taps, const std::int16_t* weights, std::uint8_t* column) const {
    std::int16_t sums[lanes] = {};
    const std::int16_t* values = values_.data() + taps.begin * lanes;
    for (int t = 0; t < taps.count; ++t, values += lanes)
      for (int i = 0; i < lanes; ++i)
        sums[i] = static_cast<std::int16_t>(sums[i] + share(values[i], weights[t]));
    constexpr int half = 1 << (fraction_bits - 1);
    for (int i = 0; i < lanes; ++i) column[i] = static_cast<std::uint8_t>((sums[i] + half) >> fraction_bits);
  }

 private:
  std::vector<std::int16_t> values_;
};

template <int channels>
void resample_channels(ImageView source, const Filter& rows, const Filter& columns, Image& target) {
  using Block = RowBlock<channels>;
  std::vector<std::int16_t> mixed(static_cast<std::size_t>(source.width) * channels), scaled(mixed.size());
  Block block(source.width);
  std::uint8_t column[Block::lanes];
  for (int top = 0; top < target.height; top += Block::rows) {
    const int height = std::min(Block::rows, target.height - top);
    for (int row = 0; row < height; ++row) {
      const Taps& taps = rows.taps[top + row];
      mix_rows(source, taps, rows.weights.data() + taps.weights, columns.begin * channels,
               columns.end * channels, scaled.data(), mixed.data());
      block.set_row(row, mixed.data(), columns.begin, columns.end);
    }
    for (int x = 0; x < target.width; ++x) {
      const Taps& taps = columns.taps[x];
      block.mix_columns(taps, columns.weights.data() + taps.weights, column);
      for (int row = 0; row < height; ++row)
        std::copy_n(
            column + row * channels, channels,
            target.pixels.data() + (static_cast<std::size_t>(top + row) * target.width + x) * channels);
    }
  }
}

}  // namespace

void resample(ImageView source, const ResampleAxis& rows, const ResampleAxis& columns, Image& target) {
  const auto run = source.channels == 4   ? resample_channels<4>
                   : source.channels == 3 ? resample_channels<3>
                                          : resample_channels<1>;
  run(source, make_filter(rows, target.height), make_filter(columns, target.width), target);
}

}  // namespace noisegate
