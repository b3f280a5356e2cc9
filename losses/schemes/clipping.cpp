#include "losses/schemes/clipping.h"

#include "engine/trace.h"
#include "losses/loss_kernels.h"
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

std::unique_ptr<Loss> Clippable::clipped(const ClipPoint& at) const {
  return loss_of(part_->clipped(at));
}

Tensor Clippable::point_on_device(const ClipPoint& at) {
  const std::vector numbers{static_cast<float>(at.threshold), static_cast<float>(at.tau),
                            static_cast<float>(at.value_at_threshold)};
  return Tensor::from(numbers).to(Device::cuda);
}

Variable Clippable::clipped_on_device(const SchemeBatch& batch, const Tensor& point) const {
  const Trace trace("loss", Trace::Pass::forward);
  require_labels(batch.logits.front(), batch.labels, 1);
  return mean_on_device(batch.logits.front(), batch.labels, 1, {}, {}, [&](DeviceLossCall call) {
    call.constants = point;
    part_->add_clipped(call);
  });
}

Ogc::Ogc(OgcOptions options, Clippable loss)
    : loss_(std::move(loss)),
      cross_entropy_(loss_of(std::make_unique<MarginPart<CrossEntropy>>(CrossEntropy{}, MarginKnobs{}))),
      threshold_(options, [this](double p) { return loss_.steepness(p); }) {}

Variable Ogc::loss(const SchemeBatch& batch, const SchemeStep& step) {
  const Variable& logits = batch.logits.front();
  if (logits.value().device() == Device::cuda) return loss_on_device(batch, step);
  threshold_.observe(cross_entropy_->values(logits, batch.labels, step.draw), step.learning_rate);
  return (*loss_.clipped(loss_.point_at(threshold_.threshold())))(logits, batch.labels);
}

Variable Ogc::loss_on_device(const SchemeBatch& batch, const SchemeStep& step) {
  if (!on_device_) on_device_ = to_device();
  const Tensor entropies = cross_entropy_->value_tensor(batch.logits.front(), batch.labels, step.draw);
  loss_kernels().observe(*on_device_, entropies, step.learning_rate, step.draw.scalars);
  return loss_.clipped_on_device(batch, on_device_->point);
}

DeviceOgc Ogc::to_device() const {
  DeviceOgc ogc = threshold_.to_device();
  ogc.point = Clippable::point_on_device(loss_.point_at(threshold_.threshold()));
  auto table = threshold_.device_table();
  for (int i = 0; i < DeviceOgc::grid_points; ++i) {
    const ClipPoint at = loss_.point_at(table->threshold[i]);
    table->slope[i] = at.tau;
    table->value[i] = at.value_at_threshold;
  }
  ogc.table = noisegate::to_device(*table);
  return ogc;
}

OgcThreshold Ogc::now() const {
  OgcThreshold now = threshold_;
  if (on_device_) now.take(*on_device_);
  return now;
}

std::vector<std::pair<std::string, double>> Ogc::metrics() const {
  const OgcThreshold threshold = now();
  const auto& [clean, noisy] = threshold.components();
  return {{"prob_thr", threshold.threshold()}, {"tau", threshold.tau()},
          {"mean_clean", clean.mean},          {"mean_noisy", noisy.mean},
          {"variance_clean", clean.variance},  {"variance_noisy", noisy.variance}};
}

Variable ScheduledClipping::loss(const SchemeBatch& batch, const SchemeStep& step) {
  if (batch.labels.device() == Device::cuda) return loss_on_device(batch, step);
  memory_.tau = next_tau(step);
  memory_.threshold = threshold_of(loss_, memory_.tau);
  return (*loss_.clipped(point_of(memory_)))(batch.logits.front(), batch.labels);
}

Variable ScheduledClipping::loss_on_device(const SchemeBatch& batch, const SchemeStep& step) {
  std::optional<ClipCourse> moves = course();
  if (!on_device_.defined()) {
    if (!moves) {
      memory_.tau = next_tau(step);
      memory_.threshold = threshold_of(loss_, memory_.tau);
    }
    on_device_ = to_device(memory_);
    point_ =
        moves ? Tensor::zeros({3}, DType::f32, Device::cuda) : Clippable::point_on_device(point_of(memory_));
  }
  if (moves) {
    moves->progress = step.progress;
    moves->scalars = step.draw.scalars;
    moves->memory = on_device_;
    moves->point = point_;
    loss_.move_point(*moves);
  }
  return loss_.clipped_on_device(batch, point_);
}

std::vector<std::pair<std::string, double>> ScheduledClipping::metrics() const {
  const ClipMemory last = now();
  return {{"prob_thr", last.threshold}, {"tau", last.tau}};
}

void ScheduledClipping::save(State& state) const {
  const ClipMemory last = now();
  state.put_number("scheme.inverse_tau", last.inverse_tau);
  state.put_number("scheme.tau", last.tau);
  state.put_number("scheme.prob_thr", last.threshold);
}

void ScheduledClipping::load(const State& state) {
  memory_ = {.inverse_tau = state.number("scheme.inverse_tau"),
             .tau = state.number("scheme.tau"),
             .threshold = state.number("scheme.prob_thr")};
  on_device_ = point_ = {};
}

}  // namespace noisegate
