#include "engine/optimizer.h"

#include "engine/backend.h"
#include "engine/trace.h"

namespace noisegate {

Sgd::Sgd(std::vector<Variable> parameters, SgdOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  // Zero velocities make the first step v = g, as PyTorch's does.
  for (const Variable& parameter : parameters_)
    velocities_.push_back(Tensor::zeros(parameter.shape(), DType::f32, parameter.value().device()));
  if (!parameters_.empty()) scalars_.move_to(parameters_.front().value().device());
}

void Sgd::step(double learning_rate) {
  scalars_.set({.learning_rate = learning_rate});
  step(scalars_.data());
}

void Sgd::step(const StepScalars* scalars) {
  std::vector<ParameterUpdate> updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].grad().defined()) continue;
    updates.push_back({parameters_[i].value(), parameters_[i].grad(), velocities_[i],
                       static_cast<float>(options_.weight_decay), static_cast<float>(options_.l1_decay)});
  }
  if (updates.empty()) return;
  const SgdStep step{static_cast<float>(options_.momentum), options_.nesterov,
                     static_cast<float>(options_.clip_norm), scalars};
  {
    const Trace trace("sgd", Trace::Pass::forward);
    backend(updates.front().value).sgd(updates, step);
  }
  for (Variable& parameter : parameters_) parameter.clear_grad();
}

MomentumAverage::MomentumAverage(std::vector<Tensor> state, double decay)
    : state_(std::move(state)), decay_(decay) {
  for (const Tensor& tensor : state_) average_.push_back(tensor.clone());
}

void MomentumAverage::update() {
  const Trace trace("momentum_average", Trace::Pass::forward);
  if (!state_.empty())
    backend(state_.front()).exponential_average(average_, state_, static_cast<float>(decay_));
}

}  // namespace noisegate
