// RandAugment (Cubuk et al. 2020): n operations, each drawn from the paper's fourteen, all of magnitude m.
// Magnitudes are torchvision's, where m runs to 30. (The code published with GJS uses another port, which has
// two more operations and in which a small m makes colour, contrast, brightness, sharpness and solarize
// strong.)
#pragma once

#include "datasets/augment/key.h"
#include "datasets/image.h"

namespace noisegate {

struct RandAugment {
  static constexpr int most = 30;  // the largest magnitude

  int n = 2;
  int m = 9;  // in [0, most]

  void apply(Image& image, const AugmentationKey& key) const;
};

/// Returns one of the fourteen operations. Its magnitude m is in [0, 30]; `sign` is 1 or −1 and reverses
/// operations that have a direction.
struct RandAugmentOperation {
  const char* name;
  void (*apply)(Image& image, int m, int sign);
};
inline constexpr int randaugment_operations = 14;
const RandAugmentOperation& randaugment_operation(int index);

}  // namespace noisegate
