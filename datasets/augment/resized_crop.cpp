#include "datasets/augment/resized_crop.h"

#include <algorithm>
#include <cmath>

namespace noisegate {

CropBox ResizedCrop::draw(int height, int width, const AugmentationKey& key) const {
  Philox random = key.stream(AugmentationPart::resized_crop);
  const double area = static_cast<double>(height) * width;
  constexpr int attempts = 10;
  for (int i = 0; i < attempts; ++i) {
    const double target = area * (scale + (1 - scale) * random.uniform());
    const double aspect = std::exp((2 * random.uniform() - 1) * std::log(ratio));
    const int w = static_cast<int>(std::lround(std::sqrt(target * aspect)));
    const int h = static_cast<int>(std::lround(std::sqrt(target / aspect)));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const int top = static_cast<int>(random.below(height - h + 1));
    const int left = static_cast<int>(random.below(width - w + 1));
    return {top, left, h, w};
  }
  const int w = std::clamp(static_cast<int>(std::lround(height * ratio)), 1, width);
  const int h = std::clamp(static_cast<int>(std::lround(width * ratio)), 1, height);
  return {(height - h) / 2, (width - w) / 2, h, w};
}

}  // namespace noisegate
