#include "datasets/augment/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace noisegate {
namespace {

constexpr std::int32_t one = 1 << 16;

/// The source pixels that a target pixel is made of: those from `begin` on, by these weights.
struct Taps {
  int begin = 0, count = 0;
  std::size_t weights = 0;  // where they start in Filter::weights
};

struct Filter {
  std::vector<Taps> taps;  // one for each target pixel
  std::vector<std::int32_t> weights;
  int begin = 0, end = 0;  // the source pixels that any of them needs
};

/// Appends the taps of one output pixel, whose weights add up to `one` to the last bit.
Taps add_taps(const ResampleAxis& axis, int output, std::vector<std::int32_t>& weights) {
  const double step = axis.length / axis.outputs;
  const double reach = std::max(1.0, step);
  const double centre = axis.start + (output + 0.5) * step;
  const int lowest = static_cast<int>(std::floor(axis.start));
  const int highest = static_cast<int>(std::ceil(axis.start + axis.length));
  int begin = std::max(lowest, static_cast<int>(std::floor(centre - reach + 0.5)));
  int end = std::min(highest, static_cast<int>(std::floor(centre + reach + 0.5)));
  const auto share = [&](int i) { return std::max(0.0, 1 - std::abs((i + 0.5 - centre) / reach)); };
  while (end - begin > 1 && share(end - 1) <= 0) --end;
  while (end - begin > 1 && share(begin) <= 0) ++begin;

  double sum = 0;
  for (int i = begin; i < end; ++i) sum += share(i);
  const Taps taps{begin, end - begin, weights.size()};
  std::int32_t missing = one;
  for (int i = begin; i < end; ++i) {
    weights.push_back(static_cast<std::int32_t>(std::lround(share(i) / sum * one)));
    missing -= weights.back();
  }
  *std::max_element(weights.begin() + taps.weights, weights.end()) += missing;
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

std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>((sum + one / 2) >> 16);
}

/// One target row from the source's rows, over the values [begin, end) of each.
void mix_rows(ImageView source, const Taps& taps, const std::int32_t* weights, int begin, int end,
              std::vector<std::int32_t>& sums, std::uint8_t* row) {
  std::fill(sums.begin(), sums.end(), 0);
  for (int t = 0; t < taps.count; ++t) {
    const std::uint8_t* values = source.row(taps.begin + t);
    const std::int32_t weight = weights[t];
    for (int i = begin; i < end; ++i) sums[i] += weight * values[i];
  }
  for (int i = begin; i < end; ++i) row[i] = rounded(sums[i]);
}

template <int channels>
void mix_columns(const std::uint8_t* row, const Filter& filter, std::uint8_t* target) {
  for (const Taps& taps : filter.taps) {
    std::int32_t sums[channels] = {};
    const std::int32_t* weights = filter.weights.data() + taps.weights;
    const std::uint8_t* pixel = row + taps.begin * channels;
    for (int t = 0; t < taps.count; ++t, pixel += channels)
      for (int c = 0; c < channels; ++c) sums[c] += weights[t] * pixel[c];
    for (int c = 0; c < channels; ++c) *target++ = rounded(sums[c]);
  }
}

}  // namespace

void resample(ImageView source, const ResampleAxis& rows, const ResampleAxis& columns, Image& target) {
  const int channels = source.channels;
  const Filter row_filter = make_filter(rows, target.height);
  const Filter column_filter = make_filter(columns, target.width);
  std::vector<std::int32_t> sums(static_cast<std::size_t>(source.width) * channels);
  std::vector<std::uint8_t> row(sums.size());
  const auto mix = channels == 3 ? mix_columns<3> : mix_columns<1>;
  for (int y = 0; y < target.height; ++y) {
    const Taps& taps = row_filter.taps[y];
    mix_rows(source, taps, row_filter.weights.data() + taps.weights, column_filter.begin * channels,
             column_filter.end * channels, sums, row.data());
    mix(row.data(), column_filter,
        target.pixels.data() + static_cast<std::size_t>(y) * target.width * channels);
  }
}

}  // namespace noisegate
