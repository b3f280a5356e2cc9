#include "datasets/augment/augment_image.h"

#include "datasets/augment/affine.h"
#include "datasets/augment/crop_flip.h"
#include "datasets/augment/cutout.h"
#include "datasets/augment/normalise.h"
#include "datasets/augment/resample.h"

#include <algorithm>

namespace noisegate {
namespace {

struct Size {
  int height, width;
};

/// The image's size once its shorter side is `shorter`.
Size resized(ImageView source, int shorter) {
  if (shorter == 0) return {source.height, source.width};
  const auto longer = [&](int long_side, int short_side) {
    return static_cast<int>(std::int64_t{shorter} * long_side / short_side);
  };
  return source.height <= source.width ? Size{shorter, longer(source.width, source.height)}
                                       : Size{longer(source.height, source.width), shorter};
}

/// Resizes, crops and flips.
Image fit_image(ImageView source, const ImageFit& fit, const Augmentation& augmentation,
                const AugmentationKey& key) {
  const Size size = resized(source, fit.resize);
  const CropFlip::Spare spare{size.height - fit.height, size.width - fit.width};
  CropFlip window = CropFlip::draw(augmentation.crop.value_or(0), augmentation.flip, key,
                                   augmentation.crop ? spare : CropFlip::Spare{});
  if (!augmentation.crop) window = {spare.rows / 2, spare.columns / 2, window.flip};

  ResampleAxis rows{0, static_cast<double>(source.height), size.height, window.top};
  ResampleAxis columns{0, static_cast<double>(source.width), size.width, window.left};
  if (augmentation.resized_crop) {
    const CropBox box = augmentation.resized_crop->draw(source.height, source.width, key);
    rows = {static_cast<double>(box.top), static_cast<double>(box.height), fit.height};
    columns = {static_cast<double>(box.left), static_cast<double>(box.width), fit.width};
  }
  columns.mirrored = window.flip;
  Image target(fit.height, fit.width, source.channels);
  resample(source, rows, columns, target);
  return target;
}

/// A copy to work on: grey, or of four channels.
Image working_copy(ImageView source) {
  if (source.channels != 3) return Image(source);
  Image image(source.height, source.width, 4);
  for (std::size_t i = 0; i < source.size() / 3; ++i)
    std::copy_n(source.pixels + 3 * i, 3, &image.pixels[4 * i]);
  return image;
}

/// How many channels of an image that is worked on are seen.
int output_channels(const Image& image) {
  return image.channels == 1 ? 1 : 3;
}

void normalise(const Image& image, const PixelTable& table, float* output) {
  const std::size_t pixels = image.pixels.size() / image.channels;
  const std::uint8_t* pixel = image.pixels.data();
  if (image.channels == 1) {
    for (std::size_t i = 0; i < pixels; ++i) output[i] = table(0, pixel[i]);
    return;
  }
  for (std::size_t i = 0; i < pixels; ++i, pixel += 4, output += 3)
    for (int c = 0; c < 3; ++c) output[c] = table(c, pixel[c]);
}

void cut_out(const Cutout& square, const Image& image, float* output) {
  const int channels = output_channels(image);
  const int top = std::max(square.top, 0), bottom = std::min(square.bottom, image.height);
  const int left = std::max(square.left, 0), right = std::min(square.right, image.width);
  for (int y = top; y < bottom; ++y) {
    float* row = output + static_cast<std::size_t>(y) * image.width * channels;
    std::fill(row + left * channels, row + right * channels, 0.0f);
  }
}

}  // namespace

PixelTable::PixelTable(int channels, const std::array<float, 3>& mean, const std::array<float, 3>& deviation)
    : values_(channels * 256) {
  for (int c = 0; c < channels; ++c)
    for (int value = 0; value < 256; ++value)
      values_[c * 256 + value] = normalised(static_cast<std::uint8_t>(value), mean[c], deviation[c]);
}

void augment_image(ImageView source, const ImageFit& fit, const Augmentation& augmentation,
                   const AugmentationKey& key, const PixelTable& table, float* output) {
  Image copy;
  if (augmentation.randaugment || source.channels == 3) {
    copy = working_copy(source);
    if (augmentation.randaugment) augmentation.randaugment->apply(copy, key);
    source = copy;
  }
  Image image = fit_image(source, fit, augmentation, key);
  if (augmentation.rotation > 0)
    image = warp(image, draw_rotation(augmentation.rotation, image.height, image.width, key));
  if (augmentation.jitter) augmentation.jitter->apply(image, key);
  normalise(image, table, output);
  if (augmentation.cutout > 0)
    cut_out(Cutout::draw(augmentation.cutout, image.height, image.width, key), image, output);
}

void crop_and_flip_image(ImageView source, const Augmentation& augmentation, const AugmentationKey& key,
                         const PixelTable& table, float* output) {
  const auto [pixels, height, width, channels] = source;
  const CropFlip draw = CropFlip::draw(augmentation.crop.value_or(0), augmentation.flip, key);
  for (int y = 0; y < height; ++y) {
    const int row = draw.source_row(y);
    const bool row_inside = row >= 0 && row < height;
    for (int x = 0; x < width; ++x) {
      const int column = draw.source_column(x, width);
      const bool inside = row_inside && column >= 0 && column < width;
      const std::uint8_t* pixel = pixels + (std::int64_t{row} * width + column) * channels;
      for (int c = 0; c < channels; ++c) *output++ = table(c, inside ? pixel[c] : 0);
    }
  }
}

}  // namespace noisegate
