#include "datasets/augment/randaugment.h"

#include "datasets/augment/affine.h"
#include "datasets/augment/colour.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace noisegate {
namespace {

constexpr int most = RandAugment::most;
using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

double signed_share(int m, int sign) {
  return static_cast<double>(sign) * m / most;
}

/// Up to 150/331 of the side, the share that the paper's 150 of ImageNet's 331 pixels were.
int shift(int side, int m, int sign) {
  return sign * (150 * side * m / (331 * most));
}

/// 1 ± 0.9·m/30.
std::int32_t enhancement(int m, int sign) {
  return colour::one + sign * (9 * colour::one * m / (10 * most));
}

void identity(Image&, int, int) {}
void shear_x(Image& image, int m, int sign) {
  image = warp(image, AffineMap::shear_x(0.3 * signed_share(m, sign)));
}
void shear_y(Image& image, int m, int sign) {
  image = warp(image, AffineMap::shear_y(0.3 * signed_share(m, sign)));
}
void translate_x(Image& image, int m, int sign) {
  image = warp(image, AffineMap::translation(shift(image.width, m, sign), 0));
}
void translate_y(Image& image, int m, int sign) {
  image = warp(image, AffineMap::translation(0, shift(image.height, m, sign)));
}
void rotate(Image& image, int m, int sign) {
  image = warp(image, AffineMap::rotation(30 * signed_share(m, sign), image.height, image.width));
}
void brightness(Image& image, int m, int sign) {
  colour::adjust_brightness(image, enhancement(m, sign));
}
void colour_balance(Image& image, int m, int sign) {
  colour::adjust_saturation(image, enhancement(m, sign));
}
void contrast(Image& image, int m, int sign) {
  colour::adjust_contrast(image, enhancement(m, sign));
}

/// Blends with the image smoothed by (1 1 1; 1 5 1; 1 1 1)/13; the outermost pixels stay as they are.
void sharpness(Image& image, int m, int sign) {
  const Image source = image;
  const int channels = image.channels, stride = image.width * channels;
  const std::int32_t factor = enhancement(m, sign);
  for (int y = 1; y + 1 < image.height; ++y) {
    for (int i = y * stride + channels; i < (y + 1) * stride - channels; ++i) {
      const std::uint8_t* centre = source.pixels.data() + i;
      std::int32_t sum = 4 * *centre;
      for (const int row : {-stride, 0, stride})
        for (const int column : {-channels, 0, channels}) sum += centre[row + column];
      image.pixels[i] = colour::blend(*centre, (2 * sum + 13) / 26, factor);
    }
  }
}

/// Keeps 8 − 4·m/30 bits, rounded.
void posterize(Image& image, int m, int) {
  const int dropped = (4 * m + most / 2) / most;
  const auto mask = static_cast<std::uint8_t>(0xff << dropped);
  for (std::uint8_t& value : image.pixels) value &= mask;
}

/// Inverts values from 255·(1 − m/30) on.
void solarize(Image& image, int m, int) {
  for (std::uint8_t& value : image.pixels)
    if (most * value >= 255 * (most - m)) value = 255 - value;
}

/// Replaces the values of each channel by what `make` makes of its histogram.
void map_channels(Image& image, Table (*make)(const Histogram&)) {
  for (int c = 0; c < image.channels; ++c) {
    Histogram histogram{};
    for (std::size_t i = c; i < image.pixels.size(); i += image.channels) ++histogram[image.pixels[i]];
    const Table table = make(histogram);
    for (std::size_t i = c; i < image.pixels.size(); i += image.channels)
      image.pixels[i] = table[image.pixels[i]];
  }
}

Table identity_table() {
  Table table;
  std::iota(table.begin(), table.end(), std::uint8_t{0});
  return table;
}

/// Stretches the values that occur over 0 … 255.
Table stretching_table(const Histogram& histogram) {
  const auto occurs = [](std::int64_t count) { return count > 0; };
  const auto low =
      static_cast<int>(std::find_if(histogram.begin(), histogram.end(), occurs) - histogram.begin());
  const auto high =
      255 - static_cast<int>(std::find_if(histogram.rbegin(), histogram.rend(), occurs) - histogram.rbegin());
  Table table = identity_table();
  for (int value = low; high > low && value <= high; ++value)
    table[value] = static_cast<std::uint8_t>(255 * (value - low) / (high - low));
  return table;
}

/// Spreads the values so that all are about equally frequent, by Pillow's integer arithmetic.
Table equalizing_table(const Histogram& histogram) {
  const std::int64_t total = std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0});
  const auto last = *std::find_if(histogram.rbegin(), histogram.rend(), [](auto count) { return count > 0; });
  const std::int64_t step = (total - last) / 255;
  Table table = identity_table();
  if (step == 0) return table;
  std::int64_t below = step / 2;
  for (int value = 0; value < 256; ++value) {
    table[value] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, below / step));
    below += histogram[value];
  }
  return table;
}

void auto_contrast(Image& image, int, int) {
  map_channels(image, stretching_table);
}
void equalize(Image& image, int, int) {
  map_channels(image, equalizing_table);
}

constexpr std::array<RandAugmentOperation, randaugment_operations> operations = {{
    {"identity", identity},
    {"shear-x", shear_x},
    {"shear-y", shear_y},
    {"translate-x", translate_x},
    {"translate-y", translate_y},
    {"rotate", rotate},
    {"brightness", brightness},
    {"colour", colour_balance},
    {"contrast", contrast},
    {"sharpness", sharpness},
    {"posterize", posterize},
    {"solarize", solarize},
    {"auto-contrast", auto_contrast},
    {"equalize", equalize},
}};

}  // namespace

const RandAugmentOperation& randaugment_operation(int index) {
  return operations[index];
}

void RandAugment::apply(Image& image, const AugmentationKey& key) const {
  Philox random = key.stream(AugmentationPart::randaugment);
  for (int i = 0; i < n; ++i) {
    const auto index = static_cast<int>(random.below(randaugment_operations));
    const int sign = random.below(2) == 1 ? -1 : 1;
    operations[index].apply(image, m, sign);
  }
}

}  // namespace noisegate
