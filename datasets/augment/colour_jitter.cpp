#include "datasets/augment/colour_jitter.h"

#include "datasets/augment/colour.h"

#include <array>
#include <cmath>
#include <utility>

namespace noisegate {
namespace {

/// Uniform in [−most, most], in 65536ths.
std::int32_t draw_amount(Philox& random, double most) {
  const auto range = static_cast<std::int32_t>(std::lround(most * colour::one));
  return static_cast<std::int32_t>(random.below(2 * range + 1)) - range;
}

}  // namespace

void ColourJitter::apply(Image& image, const AugmentationKey& key) const {
  struct Step {
    double most;
    std::int32_t around;  // the amount that changes nothing
    void (*adjust)(Image&, std::int32_t);
  };
  std::array<Step, 4> steps = {{{brightness, colour::one, colour::adjust_brightness},
                                {contrast, colour::one, colour::adjust_contrast},
                                {saturation, colour::one, colour::adjust_saturation},
                                {hue, 0, colour::adjust_hue}}};
  Philox random = key.stream(AugmentationPart::jitter);
  for (std::size_t i = steps.size() - 1; i > 0; --i)
    std::swap(steps[i], steps[random.below(static_cast<std::uint32_t>(i + 1))]);
  for (const Step& step : steps) {
    if (step.most > 0) step.adjust(image, step.around + draw_amount(random, step.most));
  }
}

}  // namespace noisegate
