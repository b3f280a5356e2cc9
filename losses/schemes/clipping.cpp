#include "losses/schemes/clipping.h"

#include "losses/sum_loss.h"

namespace noisegate {
namespace {

/// P from τ: where |ℓ'| is τ, by halving.
double threshold_of(const PyLoss& loss, double tau) {
  double low = 1e-7, high = 1 - 1e-7;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (loss.abs_dp(middle) > tau ? low : high) = middle;
  }
  return high;
}

}  // namespace

Variable ClippedLossAt::operator()(const SchemeBatch& batch, const double* point) {
  if (point != point_) {
    clipped_ = loss_of(unclipped_->clipped(point));
    point_ = point;
  }
  return (*clipped_)(batch.logits.front(), batch.labels);
}

void ScheduledClipping::prepare_step(StepScalars& step) {
  tau_ = next_tau(step);
  threshold_ = threshold_of(loss_.unclipped(), tau_);
  const ClipPoint at = limited_to(loss_.unclipped().point_at(threshold_), tau_);
  step.scheme[0] = at.threshold;
  step.scheme[1] = at.tau;
  step.scheme[2] = at.value_at_threshold;
}

Variable ScheduledClipping::loss(const SchemeBatch& batch, const LossStep& step) {
  point_ = {step.scalars->scheme, 3};
  return loss_(batch, point_.data());
}

void ScheduledClipping::save(State& state) const {
  state.put_number("scheme.inverse_tau", inverse_tau_);
  state.put_number("scheme.tau", tau_);
  state.put_number("scheme.prob_thr", threshold_);
}

void ScheduledClipping::load(const State& state) {
  inverse_tau_ = state.number("scheme.inverse_tau");
  tau_ = state.number("scheme.tau");
  threshold_ = state.number("scheme.prob_thr");
}

}  // namespace noisegate
