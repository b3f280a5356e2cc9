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

}  // namespace noisegate
