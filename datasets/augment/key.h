// The key of an augmentation's random numbers. Each part has its own stream, so that adding a part to a spec
// does not change the draws of the others.
#pragma once

#include "engine/host_device.h"
#include "engine/random.h"

#include <cstdint>

namespace noisegate {

enum class AugmentationPart : std::uint32_t {
  crop_flip,
  randaugment,
  resized_crop,
  rotation,
  jitter,
  cutout
};

struct AugmentationKey {
  static constexpr int most_views = 256;

  std::uint64_t seed;
  std::uint32_t epoch;
  std::uint32_t sample;    // its index in the set
  std::uint32_t view = 0;  // below most_views

  NOISEGATE_HD Philox stream(AugmentationPart part) const {
    const std::uint32_t first_block = view << 24 | static_cast<std::uint32_t>(part) << 16;
    return {seed, Purpose::augmentation, epoch, sample, first_block};
  }
};

}  // namespace noisegate
