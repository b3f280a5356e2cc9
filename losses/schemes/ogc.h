// Optimized gradient clipping (Ye et al. 2025): a loss of p_y whose gradient is clipped at the threshold that
// lets noisy samples weigh 1 + ε times as much as clean ones. Which samples are which is read off the recent
// cross entropies, a mixture of two Gaussians.
#pragma once

#include "engine/state.h"
#include "losses/schemes/device_state.h"
#include "losses/schemes/gaussian_mixture.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace noisegate {

struct OgcOptions {
  double epsilon = 20;
  int time_frame = 32;    // steps from one threshold to the next
  int queue = 4096;       // cross entropies that are remembered
  bool lr_scaled = true;  // ε times the learning rate, as the published code has it and the text has not
};

/// The steepness |ℓ'(p)| of a loss, falling in p.
using Steepness = std::function<double(double p)>;

/// The share of clipped gradient that noisy samples have, beside clean ones, r(P) (Eq. 10): min(|ℓ'|,
/// |ℓ'(P)|) averaged over each component's cross entropies H = −log p, truncated to those of p in [1e-7, 1 −
/// 1e-7] and sampled at 1000 of them.
double clipped_gradient_ratio(const std::array<Gaussian, 2>& components, const Steepness& steepness,
                              double threshold);

/// The P for which that ratio is `target`, by ten halvings of [1e-7, 1 − 1e-7], of which the upper end is
/// taken; the end of the interval that is nearest where there is none.
double find_threshold(const std::array<Gaussian, 2>& components, const Steepness& steepness, double target);

/// The threshold's course over training.
class OgcThreshold {
 public:
  OgcThreshold(OgcOptions options, Steepness steepness);

  /// Takes in a step's cross entropies; every time_frame-th step, once the queue is full, moves the
  /// threshold.
  void observe(std::span<const float> cross_entropies, double learning_rate);

  double threshold() const { return threshold_; }  // P; at first 1e-7, which clips nothing to speak of
  double tau() const { return steepness_(threshold_); }
  const std::array<Gaussian, 2>& components() const { return components_; }

  void save(State& state) const;
  void load(const State& state);

  /// The same in the GPU's memory, but for table and point; the table's part that is known here; and back.
  DeviceOgc to_device() const;
  std::unique_ptr<DeviceOgc::Table> device_table() const;
  void take(const DeviceOgc& ogc);

 private:
  OgcOptions options_;
  Steepness steepness_;
  std::vector<float> queue_;
  std::size_t oldest_ = 0;  // of a full queue
  std::int64_t steps_ = 0;
  double threshold_;
  std::array<Gaussian, 2> components_{};
};

}  // namespace noisegate
