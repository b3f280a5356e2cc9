#include "datasets/augment/affine.h"

#include <algorithm>

namespace noisegate {

Image warp(ImageView source, const AffineMap& map) {
  const int channels = source.channels;
  Image target(source.height, source.width, channels);
  std::uint8_t* pixel = target.pixels.data();
  for (int y = 0; y < source.height; ++y) {
    for (int x = 0; x < source.width; ++x, pixel += channels) {
      const int row = map.source_row(x, y), column = map.source_column(x, y);
      if (row < 0 || row >= source.height || column < 0 || column >= source.width) continue;
      std::copy_n(source.row(row) + column * channels, channels, pixel);
    }
  }
  return target;
}

AffineMap draw_rotation(double most, int height, int width, const AugmentationKey& key) {
  constexpr int steps = 1024;
  const auto range = static_cast<int>(std::lround(most * steps));
  Philox random = key.stream(AugmentationPart::rotation);
  const int drawn = static_cast<int>(random.below(2 * range + 1)) - range;
  return AffineMap::rotation(static_cast<double>(drawn) / steps, height, width);
}

}  // namespace noisegate
