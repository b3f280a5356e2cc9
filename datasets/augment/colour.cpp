#include "datasets/augment/colour.h"

namespace noisegate::colour {
namespace {

/// Every byte blended with the same value.
void blend_all(Image& image, std::int32_t other, std::int32_t factor) {
  for (std::uint8_t& value : image.pixels) value = blend(value, other, factor);
}

std::int64_t pixel_count(ImageView image) {
  return std::int64_t{image.height} * image.width;
}

}  // namespace

std::int32_t mean_grey(ImageView image) {
  const std::int64_t pixels = pixel_count(image);
  std::int64_t sum = 0;
  if (image.channels == 3) {
    for (std::int64_t i = 0; i < pixels; ++i)
      sum += grey(image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]);
  } else {
    for (std::int64_t i = 0; i < pixels; ++i) sum += image.pixels[i];
  }
  return static_cast<std::int32_t>((2 * sum + pixels) / (2 * pixels));
}

void adjust_brightness(Image& image, std::int32_t factor) {
  blend_all(image, 0, factor);
}

void adjust_contrast(Image& image, std::int32_t factor) {
  blend_all(image, mean_grey(image), factor);
}

void adjust_saturation(Image& image, std::int32_t factor) {
  if (image.channels != 3) return;
  std::uint8_t* pixels = image.pixels.data();
  const std::int64_t count = pixel_count(image);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t r = pixels[3 * i], g = pixels[3 * i + 1], b = pixels[3 * i + 2];
    const std::int32_t luma = grey(r, g, b);
    pixels[3 * i] = blend(r, luma, factor);
    pixels[3 * i + 1] = blend(g, luma, factor);
    pixels[3 * i + 2] = blend(b, luma, factor);
  }
}

void adjust_hue(Image& image, std::int32_t shift) {
  if (image.channels != 3) return;
  const std::int32_t forward = shift < 0 ? shift + one : shift;
  std::uint8_t* pixels = image.pixels.data();
  const std::int64_t count = pixel_count(image);
  for (std::int64_t i = 0; i < count; ++i) shift_hue(pixels + 3 * i, forward);
}

}  // namespace noisegate::colour
