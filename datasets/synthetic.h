// The embedded dataset of drawn shapes, for training without a download.
#pragma once

#include "datasets/readers.h"

#include <cstdint>

namespace noisegate {

struct SyntheticOptions {
  int train = 10000;
  int test = 2000;
  std::uint64_t seed = 0;
};

/// Makes 32×32 colour images of ten shapes (disk, ring, …); sample i shows shape i mod 10. Place, size,
/// rotation, colours, background, clutter and pixel noise are random and independent of the class. Image i
/// depends on the seed, on its set and on i alone, and is the same to the bit on every machine.
Dataset make_synthetic(const SyntheticOptions& options);

DatasetReader synthetic_reader();

}  // namespace noisegate
