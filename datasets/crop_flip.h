// The random crop and flip of one sample, and where each pixel then comes from: shared by every backend.
#pragma once

#include "engine/host_device.h"
#include "engine/random.h"

#include <cstdint>

namespace noisegate {

struct CropFlip {
  int top = 0, left = 0;  // of the crop, in the image's own rows and columns: −padding … padding
  bool flip = false;

  /// The draw of one view of a sample in one epoch. All three numbers are always drawn, so that a flip does
  /// not depend on whether there is a crop.
  NOISEGATE_HD static CropFlip draw(int padding, bool may_flip, std::uint64_t seed, std::uint32_t epoch,
                                    std::uint32_t sample, std::uint32_t view = 0) {
    Philox random(seed, Purpose::augmentation, epoch, sample, view << 24);
    const int top = static_cast<int>(random.below(2 * padding + 1)) - padding;
    const int left = static_cast<int>(random.below(2 * padding + 1)) - padding;
    const bool flip = random.below(2) == 1;
    return {top, left, may_flip && flip};
  }

  /// The row and column of the image that the output's come from; outside the image: padding.
  NOISEGATE_HD int source_row(int y) const { return y + top; }
  NOISEGATE_HD int source_column(int x, int width) const { return (flip ? width - 1 - x : x) + left; }
};

}  // namespace noisegate
