// Colour jitter as torchvision's ColorJitter: brightness, contrast, saturation and hue, each by a random
// amount, in a random order.
#pragma once

#include "datasets/augment/colour.h"
#include "datasets/augment/key.h"
#include "datasets/image.h"

#include <cmath>

namespace noisegate {

struct ColourJitter {
  double brightness = 0, contrast = 0, saturation = 0;  // factors in [1−x, 1+x]
  double hue = 0;                                       // turns of the colour circle in [−x, x]

  enum class Kind : std::uint8_t { brightness, contrast, saturation, hue };
  /// One adjustment, by a factor or a shift in 65536ths.
  struct Step {
    Kind kind;
    std::int32_t amount;
  };
  /// The adjustments of one sample, in order.
  struct Steps {
    Step steps[4];
    int count;
  };
  NOISEGATE_HD Steps draw(const AugmentationKey& key) const;

  void apply(Image& image, const AugmentationKey& key) const;
};

NOISEGATE_HD inline ColourJitter::Steps ColourJitter::draw(const AugmentationKey& key) const {
  const double most[] = {brightness, contrast, saturation, hue};
  Kind order[] = {Kind::brightness, Kind::contrast, Kind::saturation, Kind::hue};
  Philox random = key.stream(AugmentationPart::jitter);
  for (std::uint32_t i = 3; i > 0; --i) {
    const std::uint32_t other = random.below(i + 1);
    const Kind kind = order[i];
    order[i] = order[other];
    order[other] = kind;
  }
  Steps drawn{};
  for (const Kind kind : order) {
    const double range_of_kind = most[static_cast<int>(kind)];
    if (range_of_kind <= 0) continue;
    const auto range = static_cast<std::int32_t>(std::lround(range_of_kind * colour::one));
    const std::int32_t amount = static_cast<std::int32_t>(random.below(2 * range + 1)) - range;
    drawn.steps[drawn.count++] = {kind, kind == Kind::hue ? amount : colour::one + amount};
  }
  return drawn;
}

}  // namespace noisegate
