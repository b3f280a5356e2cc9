#include "datasets/augment/colour.h"

#include <cstring>

namespace noisegate::colour {
namespace {

std::int64_t pixel_count(ImageView image) {
  return std::int64_t{image.height} * image.width;
}

Pixel unpacked(std::uint32_t word) {
  const auto byte = [&](int shift) { return static_cast<std::int32_t>(word >> shift & 255); };
  return {byte(0), byte(8), byte(16)};
}

std::uint32_t packed(Pixel pixel) {
  const auto byte = [](std::int32_t value, int shift) { return static_cast<std::uint32_t>(value) << shift; };
  return byte(pixel.r, 0) | byte(pixel.g, 8) | byte(pixel.b, 16);
}

/// Every pixel of a colour image changed; grey images stay.
template <class Change>
void change_pixels(Image& image, const Change& change) {
  if (image.channels != 4) return;
  std::uint8_t* pixels = image.pixels.data();
  const std::int64_t count = pixel_count(image);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t word;
    std::memcpy(&word, pixels + 4 * i, 4);
    word = packed(change(unpacked(word)));
    std::memcpy(pixels + 4 * i, &word, 4);
  }
}

/// Every byte blended with the same value.
void blend_all(Image& image, std::int32_t other, std::int32_t factor) {
  for (std::uint8_t& value : image.pixels) value = blend(value, other, factor);
}

}  // namespace

std::int32_t mean_grey(ImageView image) {
  const std::int64_t count = pixel_count(image);
  std::int64_t sum = 0;
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.row(y);
    std::int32_t row_sum = 0;
    if (image.channels == 1) {
      for (int x = 0; x < image.width; ++x) row_sum += row[x];
    } else {
      for (int x = 0; x < image.width; ++x) row_sum += grey(row[4 * x], row[4 * x + 1], row[4 * x + 2]);
    }
    sum += row_sum;
  }
  return static_cast<std::int32_t>((2 * sum + count) / (2 * count));
}

void adjust_brightness(Image& image, std::int32_t factor) {
  blend_all(image, 0, factor);
}

void adjust_contrast(Image& image, std::int32_t factor) {
  blend_all(image, mean_grey(image), factor);
}

void adjust_saturation(Image& image, std::int32_t factor) {
  change_pixels(image, [factor](Pixel pixel) {
    const std::int32_t luma = grey(pixel.r, pixel.g, pixel.b);
    return Pixel{blend(pixel.r, luma, factor), blend(pixel.g, luma, factor), blend(pixel.b, luma, factor)};
  });
}

void adjust_hue(Image& image, std::int32_t shift) {
  const std::int32_t forward = shift < 0 ? shift + one : shift;
  change_pixels(image, [forward](Pixel pixel) { return shift_hue(pixel, forward); });
}

}  // namespace noisegate::colour
