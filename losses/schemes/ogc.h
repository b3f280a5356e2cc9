// Optimized gradient clipping (Ye et al. 2025): a loss of p_y whose gradient is clipped at the threshold that
// lets noisy samples weigh 1 + ε times as much as clean ones. Which samples are which is read off the recent
// cross entropies, a mixture of two Gaussians.
#pragma once

#include "engine/device_value.h"
#include "losses/schemes/clipping.h"
#include "losses/schemes/ogc_update.h"

#include <functional>
#include <memory>
#include <span>

namespace noisegate {

struct OgcOptions {
  double epsilon = 20;
  int time_frame = 32;    // steps from one threshold to the next
  int queue = 4096;       // cross entropies that are remembered
  bool lr_scaled = true;  // ε times the learning rate, as the published code has it and the text has not
};

/// OgcTable of a loss, by its steepness |ℓ'(p)|, which falls in p, and by where clipping begins at P.
OgcTable ogc_table(const std::function<double(double p)>& steepness,
                   const std::function<ClipPoint(double p)>& point_at);

/// OGC's memory between two steps, on the device where steps run.
struct OgcMemory {
  OgcOptions options;
  Tensor queue;  // f32 (options.queue), of which the first `seen` are set
  DeviceValue<OgcState> state;
  DeviceValue<OgcTable> table;
};

class Ogc final : public Scheme {
 public:
  Ogc(OgcOptions options, ClippedLossAt loss);

  Variable loss(const SchemeBatch& batch, const LossStep& step) override;
  int views(int) const override { return 1; }
  std::span<const double> curve_state() const override { return {memory_.state.data()->point, 3}; }
  std::optional<MarginCurve> curve(std::span<const double> state) const override {
    return loss_.curve(state);
  }
  std::vector<std::pair<std::string, double>> metrics() const override;
  void move_to(Device device) override;
  void save(State& state) const override;
  void load(const State& state) override;

 private:
  ClippedLossAt loss_;
  std::unique_ptr<Loss> cross_entropy_;  // what the threshold is found from
  OgcMemory memory_;
};

}  // namespace noisegate
