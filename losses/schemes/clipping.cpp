#include "losses/schemes/clipping.h"

#include "losses/loss_op.h"
#include "losses/margin_part.h"

#include <cmath>

namespace noisegate {
namespace {

std::unique_ptr<Loss> loss_of(std::unique_ptr<LossPart> part) {
  std::vector<WeightedPart> parts;
  parts.push_back({1, std::move(part)});
  return std::make_unique<SumLoss>(std::move(parts));
}

/// P from τ: where a loss is as steep as τ, by halving.
double threshold_of(const Clippable& loss, double tau) {
  double low = 1e-7, high = 1 - 1e-7;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (loss.steepness(middle) > tau ? low : high) = middle;
  }
  return high;
}

}  // namespace

double Clippable::steepness(double p) const {
  constexpr int classes = 2;  // only the knob tau would ask, which is refused
  const double margin = std::log(p) - std::log1p(-p);
  return curve_(margin, classes).weight / (p * (1 - p));
}

std::unique_ptr<Loss> Clippable::clipped(double threshold) const {
  return loss_of(part_->clipped(threshold));
}

Ogc::Ogc(OgcOptions options, Clippable loss)
    : loss_(std::move(loss)),
      cross_entropy_(loss_of(std::make_unique<MarginPart<CrossEntropy>>(CrossEntropy{}, MarginKnobs{}))),
      threshold_(options, [this](double p) { return loss_.steepness(p); }) {}

Variable Ogc::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  threshold_.observe(cross_entropy_->values(logits, batch.labels, step.draw), step.learning_rate);
  return (*loss_.clipped(threshold_.threshold()))(logits, batch.labels);
}

std::vector<std::pair<std::string, double>> Ogc::metrics() const {
  const auto& [clean, noisy] = threshold_.components();
  return {{"prob_thr", threshold_.threshold()}, {"tau", threshold_.tau()},
          {"mean_clean", clean.mean},           {"mean_noisy", noisy.mean},
          {"variance_clean", clean.variance},   {"variance_noisy", noisy.variance}};
}

Variable ScheduledClipping::loss(const SchemeBatch& batch, const SchemeStep& step) {
  tau_ = next_tau(step);
  threshold_ = threshold_of(loss_, tau_);
  return (*loss_.clipped(threshold_))(batch.logits.front(), batch.labels);
}

std::vector<std::pair<std::string, double>> ScheduledClipping::metrics() const {
  return {{"prob_thr", threshold_}, {"tau", tau_}};
}

}  // namespace noisegate
