#include "tools/train/step_pipeline.h"

#include "engine/error.h"
#include "engine/memory.h"

#include <cstring>
#include <utility>

namespace noisegate {
namespace {

// Enough for the host to be ahead of the shortest steps, few enough for a progress bar to be true.
constexpr std::size_t steps_ahead = 8;
constexpr std::size_t max_curve_state = 16;

}  // namespace

StepPipeline::StepPipeline(Device device, std::int64_t batch_size, int classes, std::uint64_t seed, Step step,
                           bool records)
    : queue_(device_queue(device)),
      batch_size_(batch_size),
      classes_(classes),
      seed_(seed),
      step_(std::move(step)),
      replay_(device, records),
      scalars_({}, device),
      samples_(Tensor::empty({2 * batch_size}, DType::i32, device)),
      results_(Tensor::empty({1 + batch_size * classes}, DType::f32, device)) {
  const std::size_t slots = queue_.is_asynchronous() ? steps_ahead : 1;
  for (std::size_t i = 0; i < slots; ++i)
    slots_.push_back({queue_.host_memory(sizeof(StepScalars) + samples_.bytes()),
                      queue_.host_memory(max_curve_state * sizeof(double) + results_.bytes())});
}

// Steps in flight write into the slots.
StepPipeline::~StepPipeline() {
  for (const UnderWay& step : under_way_) step.done->wait();
}

void StepPipeline::upload(const StepRequest& request, const Slot& slot) {
  const std::size_t bytes = request.indices.size() * sizeof(std::int32_t);
  std::byte* from = slot.inputs.get();
  std::memcpy(from, &request.scalars, sizeof(StepScalars));
  queue_.copy(scalars_.data(), from, sizeof(StepScalars));
  from += sizeof(StepScalars);
  std::memcpy(from, request.indices.data(), bytes);
  std::memcpy(from + bytes, request.labels.data(), bytes);
  queue_.copy(samples_.raw(), from, 2 * bytes);
}

StepInputs StepPipeline::inputs_of(const StepRequest& request) {
  const auto samples = static_cast<std::int64_t>(request.indices.size());
  StepInputs inputs{request.views,
                    samples_.slice(samples, 2 * samples),
                    samples_.slice(0, samples),
                    {seed_, scalars_.data()}};
  if (samples != batch_size_ || !replay_.records()) return inputs;
  // A captured graph reads the same addresses each time.
  for (std::size_t v = 0; v < request.views.size(); ++v) {
    if (v == views_.size())
      views_.push_back(request.views[v].clone());
    else
      views_[v].copy_from(request.views[v]);
    inputs.views[v] = views_[v];
  }
  return inputs;
}

void StepPipeline::run(const StepInputs& inputs) {
  const Results results = step_(inputs);
  const std::int64_t logits = inputs.labels.numel() * classes_;
  if (results.curve_state.size() > max_curve_state)
    fail("a scheme's curve has a state of {} numbers, more than {}", results.curve_state.size(),
         max_curve_state);
  results_.slice(0, 1).copy_from(results.outputs.loss.reshape({1}));
  results_.slice(1, 1 + logits).copy_from(results.outputs.logits.reshape({logits}));
  curve_state_ = results.curve_state;
}

void StepPipeline::push(StepRequest request) {
  const auto samples = static_cast<std::int64_t>(request.indices.size());
  if (samples < 1 || samples > batch_size_ || request.labels.size() != request.indices.size())
    fail("a step of {} samples and {} labels where up to {} fit", samples, request.labels.size(),
         batch_size_);
  if (under_way_.size() == slots_.size()) fail("more than {} steps are under way", slots_.size());

  upload(request, slot(pushed_));
  const StepInputs inputs = inputs_of(request);
  if (samples == batch_size_) {
    replay_.run([&] { run(inputs); });
  } else {
    const StepMemory memory;
    run(inputs);
    forget();  // a scheme may have made room anew for what it keeps of a batch
  }
  std::byte* to = slot(pushed_).results.get();
  if (!curve_state_.empty()) queue_.copy(to, curve_state_.data(), curve_state_.size_bytes());
  queue_.copy(to + max_curve_state * sizeof(double), results_.raw(),
              static_cast<std::size_t>(1 + samples * classes_) * sizeof(float));
  under_way_.push_back({std::move(request), pushed_, curve_state_.size(), queue_.mark()});
  ++pushed_;
}

std::optional<StepOutcome> StepPipeline::pop(bool all) {
  if (under_way_.empty() || (!all && under_way_.size() < slots_.size())) return std::nullopt;
  UnderWay step = std::move(under_way_.front());
  under_way_.pop_front();
  step.done->wait();
  return outcome_of(std::move(step));
}

StepOutcome StepPipeline::outcome_of(UnderWay step) const {
  const auto samples = static_cast<std::int64_t>(step.request.indices.size());
  const std::byte* from = slot(step.number).results.get();
  StepOutcome outcome{std::move(step.request), 0, Tensor::empty({samples, classes_}),
                      std::vector<double>(step.curve_state_size)};
  if (step.curve_state_size > 0)
    std::memcpy(outcome.curve_state.data(), from, step.curve_state_size * sizeof(double));
  from += max_curve_state * sizeof(double);
  float loss = 0;
  std::memcpy(&loss, from, sizeof loss);
  outcome.loss = loss;
  std::memcpy(outcome.logits.raw(), from + sizeof loss, outcome.logits.bytes());
  return outcome;
}

}  // namespace noisegate
