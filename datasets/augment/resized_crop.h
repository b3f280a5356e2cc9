// Random resized crop (Szegedy et al. 2015), drawn as torchvision's RandomResizedCrop: a box of a random
// share of the image's area and a random aspect ratio, anywhere in the image.
#pragma once

#include "datasets/augment/key.h"

namespace noisegate {

struct CropBox {
  int top, left, height, width;
};

struct ResizedCrop {
  double scale = 0.08;     // smallest share of the area; the largest is 1
  double ratio = 4.0 / 3;  // width/height in [1/ratio, ratio]

  /// Returns the box in an image of this size. If ten draws do not fit: the central part with the nearest
  /// allowed aspect ratio.
  CropBox draw(int height, int width, const AugmentationKey& key) const;
};

}  // namespace noisegate
