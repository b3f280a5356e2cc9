// The embedded dataset: drawn figures, so that training can be tried without a download.
#pragma once

#include "datasets/readers.h"

#include <cstdint>

namespace noisegate {

struct SyntheticOptions {
  int train = 10000;
  int test = 2000;
  std::uint64_t seed = 0;
};

/// 32×32 colour images of ten figures (disk, ring, …), sample i showing figure i mod 10. Place, size, turn,
/// colours, background, clutter and pixel noise are random and say nothing of the class. Image i depends on
/// the seed, on the set that it is in and on i alone, and is the same to the bit on every machine.
Dataset make_synthetic(const SyntheticOptions& options);

DatasetReader synthetic_reader();

}  // namespace noisegate
