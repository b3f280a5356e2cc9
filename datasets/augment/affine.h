// Rotation, shear and translation of one image: the map from an output pixel to its source. It takes the
// nearest source pixel, as torchvision's RandomRotation and RandAugment do by default; outside the image the
// output is black. It computes in integers, so that no two machines round an edge differently. Every backend
// draws the map itself: no sine or cosine of a possible rotation lies so close to the middle of two 65536ths
// that libraries could disagree.
#pragma once

#include "datasets/augment/key.h"
#include "datasets/image.h"

#include <cmath>
#include <cstdint>

namespace noisegate {

/// Maps output (x, y), in pixels from the top left corner, to the source: (xx·x + xy·y + x0, yx·x + yy·y +
/// y0), all in 65536ths.
struct AffineMap {
  static constexpr std::int64_t one = 1 << 16;

  std::int64_t xx = one, xy = 0, x0 = 0;
  std::int64_t yx = 0, yy = one, y0 = 0;

  NOISEGATE_HD static std::int64_t fixed_point(double value) {
    return std::llround(value * static_cast<double>(one));
  }

  /// Rotates counter-clockwise about the centre of an image of this size.
  NOISEGATE_HD static AffineMap rotation(double degrees, int height, int width) {
    const double radians = degrees * 3.14159265358979323846 / 180;
    const std::int64_t cosine = fixed_point(std::cos(radians)), sine = fixed_point(std::sin(radians));
    return {cosine, -sine,  (width * (one - cosine) + height * sine) / 2,
            sine,   cosine, (height * (one - cosine) - width * sine) / 2};
  }
  /// Shifts rows by `slope` times their distance from the top.
  static AffineMap shear_x(double slope) { return {.xy = fixed_point(slope)}; }
  /// Shifts columns by `slope` times their distance from the left.
  static AffineMap shear_y(double slope) { return {.yx = fixed_point(slope)}; }
  static AffineMap translation(int columns, int rows) { return {.x0 = columns * one, .y0 = rows * one}; }

  /// Returns the source pixel that contains the centre of output pixel (x, y); it may lie outside the source.
  NOISEGATE_HD int source_column(int x, int y) const {
    return static_cast<int>((xx * (2 * x + 1) + xy * (2 * y + 1) + 2 * x0) >> 17);
  }
  NOISEGATE_HD int source_row(int x, int y) const {
    return static_cast<int>((yx * (2 * x + 1) + yy * (2 * y + 1) + 2 * y0) >> 17);
  }
};

/// Returns the image seen through the map, in the same size.
Image warp(ImageView source, const AffineMap& map);

/// Draws a rotation by up to ±`most` degrees, in steps of 1/1024 degree.
NOISEGATE_HD inline AffineMap draw_rotation(double most, int height, int width, const AugmentationKey& key) {
  constexpr int steps = 1024;
  const auto range = static_cast<int>(std::lround(most * steps));
  Philox random = key.stream(AugmentationPart::rotation);
  const int drawn = static_cast<int>(random.below(2 * range + 1)) - range;
  return AffineMap::rotation(static_cast<double>(drawn) / steps, height, width);
}

}  // namespace noisegate
