// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). The purpose names a stream, so that every sample gets the same crop, flip or noise on every
// backend and thread count, and a resumed run continues with the same numbers.
#pragma once

#include "engine/host_device.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace noisegate {

/// The purpose of a stream. The values are part of the file format of runs: append, never renumber.
enum class Purpose : std::uint32_t {
  initialisation = 1,
  shuffle = 2,
  augmentation = 3,
  label_noise = 4,
  dropout = 5,
  synthetic_data = 6,
  validation_split = 7,
  stochastic_labels = 8,
  peer_sampling = 9,
  class_sampling = 10,
  instance_weights = 11,
  sample_noise = 12,
  open_set = 13,
  logit_noise = 14,
  weight_noise = 15,
  test = 1000,
};

class Philox {
 public:
  /// The stream of (seed, purpose, epoch, sample); the same four give the same numbers everywhere. It starts
  /// at block `first_block`, a block being four numbers; a caller that needs several streams of the same four
  /// starts them far apart.
  NOISEGATE_HD Philox(std::uint64_t seed, Purpose purpose, std::uint32_t epoch = 0, std::uint32_t sample = 0,
                      std::uint32_t first_block = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{first_block, sample, epoch, static_cast<std::uint32_t>(purpose)} {}

  /// Returns 32 random bits.
  NOISEGATE_HD std::uint32_t next() {
    if (used_ == 4) {
      block(key_, counter_, numbers_);
      ++counter_[0];
      used_ = 0;
    }
    return numbers_[used_++];
  }

  /// Returns a uniform number in [0, 1), a multiple of 2^-24.
  NOISEGATE_HD float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24f; }

  /// Returns a uniform number in {0, …, n-1} for n ≥ 1, with negligible bias for n far below 2^32.
  NOISEGATE_HD std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next()) * n) >> 32);
  }

  /// Returns a standard normal number, by Box and Muller.
  NOISEGATE_HD float normal() {
    const float u = 1.0f - uniform();  // in (0, 1]: the logarithm is finite
    const float v = uniform();
    return sqrtf(-2.0f * logf(u)) * cosf(6.28318530717958648f * v);
  }

  /// Computes one block of the generator: ten rounds over a 128-bit counter with a 64-bit key.
  NOISEGATE_HD static void block(const std::uint32_t key[2], const std::uint32_t counter[4],
                                 std::uint32_t out[4]) {
    std::uint32_t k0 = key[0], k1 = key[1];
    std::uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = 0xD2511F53ull * c0, b = 0xCD9E8D57ull * c2;
      const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
      const std::uint32_t n0 = high(b) ^ c1 ^ k0, n2 = high(a) ^ c3 ^ k1;
      c1 = static_cast<std::uint32_t>(b);
      c3 = static_cast<std::uint32_t>(a);
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
  }

 private:
  std::uint32_t key_[2];
  std::uint32_t counter_[4];
  std::uint32_t numbers_[4]{};
  int used_ = 4;
};

/// Returns {0, …, n-1} in random order (Fisher and Yates).
inline std::vector<std::int32_t> permutation(std::int32_t n, Philox random) {
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::int32_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace noisegate
