#include "datasets/augment/colour_jitter.h"

namespace noisegate {

void ColourJitter::apply(Image& image, const AugmentationKey& key) const {
  using Adjust = void (*)(Image&, std::int32_t);
  constexpr Adjust adjust[] = {colour::adjust_brightness, colour::adjust_contrast, colour::adjust_saturation,
                               colour::adjust_hue};
  const Steps drawn = draw(key);
  for (int i = 0; i < drawn.count; ++i)
    adjust[static_cast<int>(drawn.steps[i].kind)](image, drawn.steps[i].amount);
}

}  // namespace noisegate
