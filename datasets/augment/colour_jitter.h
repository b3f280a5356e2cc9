// Colour jitter as torchvision's ColorJitter: brightness, contrast, saturation and hue, each by a random
// amount, in a random order.
#pragma once

#include "datasets/augment/key.h"
#include "datasets/image.h"

namespace noisegate {

struct ColourJitter {
  double brightness = 0, contrast = 0, saturation = 0;  // factors in [1−x, 1+x]
  double hue = 0;                                       // turns of the colour circle in [−x, x]

  void apply(Image& image, const AugmentationKey& key) const;
};

}  // namespace noisegate
