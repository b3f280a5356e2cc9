// Applies all parts of an augmentation to one image.
#pragma once

#include "datasets/augment/augmentation.h"
#include "datasets/augment/key.h"
#include "datasets/image.h"

#include <array>
#include <vector>

namespace noisegate {

/// The normalised value of each pixel value, by channel: a look-up costs less than the arithmetic, and rounds
/// alike everywhere.
class PixelTable {
 public:
  PixelTable(int channels, const std::array<float, 3>& mean, const std::array<float, 3>& deviation);
  float operator()(int channel, std::uint8_t value) const { return values_[channel * 256 + value]; }

 private:
  std::vector<float> values_;
};

/// Augments `source`, of any size and 1, 3 or 4 channels, to height·width·channels normalised floats; uses
/// the first three of four channels.
void augment_image(ImageView source, const ImageFit& fit, const Augmentation& augmentation,
                   const AugmentationKey& key, const PixelTable& table, float* output);

/// The same for an image of the final size whose pixels only move (augmentation.only_crop_and_flip()).
void crop_and_flip_image(ImageView source, const Augmentation& augmentation, const AugmentationKey& key,
                         const PixelTable& table, float* output);

}  // namespace noisegate
