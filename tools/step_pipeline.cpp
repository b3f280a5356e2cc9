#include "tools/step_pipeline.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "engine/memory.h"

#include <cstring>
#include <utility>

namespace noisegate {
namespace {

// Enough for the host to be ahead of the shortest steps, few enough for a progress bar to be true.
constexpr std::size_t steps_under_way = 8;

}  // namespace

StepPipeline::StepPipeline(std::int64_t batch_size, int classes, Step step, bool records)
    : batch_size_(batch_size),
      classes_(classes),
      step_(std::move(step)),
      replay_(records),
      scalars_(Tensor::empty({sizeof(StepScalars)}, DType::u8, Device::cuda)),
      samples_(Tensor::empty({2 * batch_size}, DType::i32, Device::cuda)),
      results_(Tensor::empty({1 + batch_size * classes + most_state}, DType::f32, Device::cuda)) {
  for (std::size_t i = 0; i < steps_under_way; ++i)
    slots_.push_back({device_queue().host_memory(sizeof(StepScalars) + samples_.bytes()),
                      device_queue().host_memory(results_.bytes())});
}

// What is under way writes into the slots.
StepPipeline::~StepPipeline() {
  for (const UnderWay& step : under_way_) step.done->wait();
}

void StepPipeline::bring(const StepRequest& request, const Slot& slot) {
  const std::size_t bytes = request.positions.size() * sizeof(std::int32_t);
  std::byte* to = slot.inputs.get();
  std::memcpy(to, &request.scalars, sizeof(StepScalars));
  device_queue().copy(scalars_.raw(), to, sizeof(StepScalars));
  to += sizeof(StepScalars);
  std::memcpy(to, request.positions.data(), bytes);
  std::memcpy(to + bytes, request.labels.data(), bytes);
  device_queue().copy(samples_.raw(), to, 2 * bytes);
}

StepPipeline::Inputs StepPipeline::inputs_of(const StepRequest& request) {
  const auto samples = static_cast<std::int64_t>(request.positions.size());
  Inputs inputs{samples_.slice(0, samples), samples_.slice(samples, 2 * samples),
                static_cast<const StepScalars*>(scalars_.raw()), request.views};
  if (samples != batch_size_) return inputs;
  // A recorded step reads where it read before.
  for (std::size_t v = 0; v < request.views.size(); ++v) {
    if (v == views_.size())
      views_.push_back(request.views[v].clone());
    else
      views_[v].copy_from(request.views[v]);
    inputs.views[v] = views_[v];
  }
  return inputs;
}

void StepPipeline::run(const Inputs& inputs) {
  const Results results = step_(inputs);
  const std::int64_t samples = inputs.labels.numel(), logits = samples * classes_;
  state_size_ = results.state.defined() ? results.state.numel() : 0;
  if (state_size_ > most_state)
    fail("a step has a state of {} numbers, more than {}", state_size_, most_state);
  results_.slice(0, 1).copy_from(results.loss.reshape({1}));
  results_.slice(1, 1 + logits).copy_from(results.logits.reshape({logits}));
  if (state_size_ > 0) results_.slice(1 + logits, 1 + logits + state_size_).copy_from(results.state);
}

void StepPipeline::push(StepRequest request) {
  const auto samples = static_cast<std::int64_t>(request.positions.size());
  if (samples < 1 || samples > batch_size_ || request.labels.size() != request.positions.size())
    fail("a step of {} samples and {} labels where up to {} fit", samples, request.labels.size(),
         batch_size_);
  if (under_way_.size() == slots_.size()) fail("more than {} steps are under way", slots_.size());

  bring(request, slot(pushed_));
  const Inputs inputs = inputs_of(request);
  if (samples == batch_size_) {
    replay_.run([&] { run(inputs); });
  } else {
    const StepMemory memory;
    run(inputs);
    forget();  // a scheme may have made room anew for what it keeps of a batch
  }
  const auto results = static_cast<std::size_t>(1 + samples * classes_ + state_size_);
  device_queue().copy(slot(pushed_).results.get(), results_.raw(), results * sizeof(float));
  under_way_.push_back({std::move(request), pushed_, state_size_, device_queue().mark()});
  ++pushed_;
}

std::optional<StepOutcome> StepPipeline::pop(bool all) {
  if (under_way_.empty() || (!all && under_way_.size() < slots_.size())) return std::nullopt;
  const UnderWay step = std::move(under_way_.front());
  under_way_.pop_front();
  step.done->wait();
  return outcome_of(step);
}

StepOutcome StepPipeline::outcome_of(const UnderWay& step) const {
  const std::vector<std::int32_t>& positions = step.request.positions;
  const auto samples = static_cast<std::int64_t>(positions.size());
  std::vector<float> values(static_cast<std::size_t>(1 + samples * classes_ + step.state_size));
  std::memcpy(values.data(), slot(step.number).results.get(), values.size() * sizeof(float));
  const std::span<const float> logits =
      std::span(values).subspan(1, static_cast<std::size_t>(samples) * classes_);
  return {positions,
          step.request.learning_rate,
          values.front(),
          Tensor::from(logits, {samples, classes_}),
          {values.end() - static_cast<std::ptrdiff_t>(step.state_size), values.end()}};
}

}  // namespace noisegate
