// A loss of p_y as a part, with the knobs that bend any of them: the margin is shifted or scaled before the
// loss sees it, and the loss divided by its largest weight (Ou et al., A Curriculum View of Robust Loss
// Functions, Sec. 5.1.1).
#pragma once

#include "losses/loss_part.h"
#include "losses/margin_rule.h"

#include <cmath>

namespace noisegate {

struct MarginKnobs {
  double shift = 0;  // β: the loss sees sigmoid(Δ + β)
  double scale = 1;  // α: the loss sees sigmoid(α·Δ)
  double tau = 0;    // where above 0: α = τ/|E Δ|, or with tau_shifts β = |E Δ| − τ
  bool tau_shifts = false;
  bool unit_weight = false;  // divides by the largest w there is
};

/// E Δ of a freshly initialised network whose logits are standard normal (ibid., Eq. 4).
inline double expected_initial_margin(int classes) {
  const double others = classes - 1;
  return -std::log(others) - 0.5 + (std::exp(1.0) - 1) / (2 * others);
}

/// The largest w(Δ) over all margins; w may only be approached, as cross entropy's 1 is for Δ → −∞.
template <class F>
double largest_weight(const F& loss) {
  const auto at = [&](double margin) { return weight(loss, Probability<double>::of_margin(margin)); };
  constexpr double low = -60, high = 60, coarse = 0.05;
  double best = low;
  for (double margin = low; margin <= high; margin += coarse)
    if (at(margin) > at(best)) best = margin;
  for (double step = coarse / 2; step > 1e-9; step /= 2) {
    if (at(best + step) > at(best)) best += step;
    if (at(best - step) > at(best)) best -= step;
  }
  return at(best);
}

/// `F` is a functor of margin_loss.h.
template <class F>
class MarginPart final : public PyLoss {
 public:
  MarginPart(F loss, MarginKnobs knobs) : loss_(loss), knobs_(knobs) {
    if (knobs.unit_weight) largest_weight_ = largest_weight(loss);
  }

  void add(RowBlock<Lanes>& block, double factor) const override {
    rule(block.classes()).add_to(block, static_cast<float>(factor));
  }
  void add(RowBlock<double>& block, double factor) const override {
    rule(block.classes()).add_to(block, factor);
  }
  void add(const DeviceLossCall& call) const override {
    run_on_device(rule(static_cast<int>(call.logits.size(1))), call);
  }

  double steepness(double p) const override { return noisegate::steepness(loss_, p); }
  ClipPoint point_at(double p) const override { return clip_point(loss_, p); }
  std::unique_ptr<LossPart> clipped(const double* point) const override {
    using Clipped = ClippedMarginRule<F>;
    return std::make_unique<PartOf<Clipped>>(Clipped{loss_, point});
  }
  MarginCurve clipped_curve(const ClipPoint& at) const override {
    return [loss = ClippedLoss<F>(loss_, at)](double margin, int) {
      const auto y = Probability<double>::of_margin(margin);
      return CurvePoint{loss.value(y), weight(loss, y)};
    };
  }

  std::optional<MarginCurve> curve() const override {
    return [part = *this](double margin, int classes) {
      const MarginBend bend = part.bend_for(classes);
      const auto y = Probability<double>::of_margin(bend.scale * margin + bend.shift);
      return CurvePoint{bend.factor * part.loss_.value(y), bend.factor * bend.scale * weight(part.loss_, y)};
    };
  }

 private:
  MarginRule<F> rule(int classes) const { return {loss_, bend_for(classes)}; }
  MarginBend bend_for(int classes) const {
    MarginBend bend{knobs_.shift, knobs_.scale, 1};
    const double expected = std::abs(expected_initial_margin(classes));
    if (knobs_.tau > 0 && knobs_.tau_shifts) bend.shift = expected - knobs_.tau;
    if (knobs_.tau > 0 && !knobs_.tau_shifts) bend.scale = knobs_.tau / expected;
    if (knobs_.unit_weight) bend.factor = 1 / (bend.scale * largest_weight_);
    return bend;
  }

  F loss_;
  MarginKnobs knobs_;
  double largest_weight_ = 1;
};

}  // namespace noisegate
