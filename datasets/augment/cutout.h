// Cutout (DeVries and Taylor 2017): sets a square of the normalised image to zero, the training set's mean
// colour. The square's centre lies anywhere in the image, so that part of it may fall outside.
#pragma once

#include "datasets/augment/key.h"

namespace noisegate {

struct Cutout {
  int top, bottom, left, right;  // rows [top, bottom) and columns [left, right), maybe beyond the image

  NOISEGATE_HD static Cutout draw(int side, int height, int width, const AugmentationKey& key) {
    Philox random = key.stream(AugmentationPart::cutout);
    const int top = static_cast<int>(random.below(height)) - side / 2;
    const int left = static_cast<int>(random.below(width)) - side / 2;
    return {top, top + side, left, left + side};
  }

  NOISEGATE_HD bool contains(int y, int x) const { return y >= top && y < bottom && x >= left && x < right; }
};

}  // namespace noisegate
