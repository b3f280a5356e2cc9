// Colour operations of augmentations, as Pillow's: values are rounded to bytes after each step. They compute
// in integers, so that every machine and backend rounds alike; factors are in 65536ths.
#pragma once

#include "datasets/image.h"
#include "engine/host_device.h"

#include <cstdint>

namespace noisegate::colour {

constexpr std::int32_t one = 1 << 16;

NOISEGATE_HD inline std::int32_t clamp(std::int32_t value) {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/// other + factor·(value − other): brightness, contrast, saturation and sharpness differ only in `other`.
/// Factors are at most 60.
NOISEGATE_HD inline std::uint8_t blend(std::int32_t value, std::int32_t other, std::int32_t factor) {
  return static_cast<std::uint8_t>(clamp((other * one + factor * (value - other) + one / 2) >> 16));
}

/// Returns the luma of ITU-R 601-2: 0.299·r + 0.587·g + 0.114·b.
NOISEGATE_HD inline std::int32_t grey(std::int32_t r, std::int32_t g, std::int32_t b) {
  return (19595 * r + 38470 * g + 7471 * b + one / 2) >> 16;
}

struct Pixel {
  std::int32_t r, g, b;
};

/// Returns the pixel with its hue moved by `shift`, a part of the colour circle in 65536ths in [0, one), and
/// the same saturation and value (of HSV). Measured in sixths of the circle times d = max − min, the hue is a
/// whole number, and so is the channel that changes: only the shift is rounded.
NOISEGATE_HD inline Pixel shift_hue(Pixel pixel, std::int32_t shift) {
  const auto [r, g, b] = pixel;
  const std::int32_t high = r > g ? (r > b ? r : b) : (g > b ? g : b);
  const std::int32_t low = r < g ? (r < b ? r : b) : (g < b ? g : b);
  const std::int32_t d = high - low, circle = 6 * d;
  std::int32_t hue = r == high ? g - b : g == high ? 2 * d + b - r : 4 * d + r - g;  // in [−d, 5d]
  hue += (circle * shift + one / 2) >> 16;
  hue += hue < 0 ? circle : 0;
  hue -= hue >= circle ? circle : 0;
  // Each channel is at its peak a third of the circle wide, about 0 (red), 2d (green) and 4d (blue), falls
  // over a sixth on either side and is at its lowest for the last third.
  const auto channel = [&](std::int32_t peak) {
    const std::int32_t distance = hue > peak ? hue - peak : peak - hue;
    const std::int32_t around = circle - distance;
    const std::int32_t value = 2 * d - (distance < around ? distance : around);
    return low + (value < 0 ? 0 : value > d ? d : value);
  };
  return {channel(0), channel(2 * d), channel(4 * d)};
}

// Images here are grey or have four channels.

/// Returns the mean luma of an image, rounded: the reference of contrast.
std::int32_t mean_grey(ImageView image);

void adjust_brightness(Image& image, std::int32_t factor);
void adjust_contrast(Image& image, std::int32_t factor);
void adjust_saturation(Image& image, std::int32_t factor);  // grey images stay as they are
void adjust_hue(Image& image, std::int32_t shift);          // the same; shift in (−one, one)

}  // namespace noisegate::colour
