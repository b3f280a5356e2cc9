// Optimized gradient clipping (Ye et al. 2025): a loss of p_y whose gradient is clipped at the threshold that
// lets noisy samples weigh 1 + ε times as much as clean ones. Which samples are which is read off the recent
// cross entropies, a mixture of two Gaussians.
#pragma once

#include "losses/schemes/clipping.h"
#include "losses/schemes/kernels/scheme_kernels.h"

#include <functional>
#include <memory>
#include <span>

namespace noisegate {

/// OgcTable of a loss, by |ℓ'(p)|, which falls in p, and by where clipping begins at P.
OgcTable ogc_table(const std::function<double(double p)>& abs_dp,
                   const std::function<ClipPoint(double p)>& point_at);

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
