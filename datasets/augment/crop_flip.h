// The random crop and flip of one sample, and the source of each output pixel; shared by every backend.
#pragma once

#include "datasets/augment/key.h"

namespace noisegate {

struct CropFlip {
  int top = 0, left = 0;  // the crop's corner in the image's rows and columns; negative: padding
  bool flip = false;

  /// How much larger an image is than the crop.
  struct Spare {
    int rows = 0, columns = 0;
  };

  /// Draws one view of a sample: a crop anywhere in the image and `padding` pixels around it. It always draws
  /// all three numbers, so that a flip does not depend on whether there is a crop.
  NOISEGATE_HD static CropFlip draw(int padding, bool may_flip, const AugmentationKey& key,
                                    Spare spare = {0, 0}) {
    Philox random = key.stream(AugmentationPart::crop_flip);
    const int top = static_cast<int>(random.below(2 * padding + spare.rows + 1)) - padding;
    const int left = static_cast<int>(random.below(2 * padding + spare.columns + 1)) - padding;
    const bool flip = random.below(2) == 1;
    return {top, left, may_flip && flip};
  }

  /// Returns the row and column of the source pixel; outside the image: padding.
  NOISEGATE_HD int source_row(int y) const { return y + top; }
  NOISEGATE_HD int source_column(int x, int width) const { return (flip ? width - 1 - x : x) + left; }
};

}  // namespace noisegate
