// The trainer's part for models on the GPU: whole steps are put into its queue, and what they measured is
// taken in some steps later (tools/step_pipeline.h).
#include "datasets/device_batches.h"
#include "tools/stopwatch.h"
#include "tools/trainer.h"

#include <memory>
#include <utility>
#include <vector>

namespace noisegate {

void Trainer::push_step(const Batch& batch, double learning_rate) {
  const SchemeStep step = scheme_step(learning_rate);
  pipeline_->push({batch.positions,
                   given_labels(batch.positions),
                   {static_cast<float>(learning_rate), static_cast<float>(step.progress), step.draw.step,
                    static_cast<std::uint32_t>(state_.epochs_done)},
                   learning_rate,
                   batch.views});
  ++state_.steps_done;
}

StepPipeline::Results Trainer::pipelined_step(const StepPipeline::Inputs& inputs) {
  const std::int64_t samples = inputs.labels.numel();
  std::vector<Tensor> views = inputs.views;
  if (views.empty()) {
    const BatchPlan how = plan({});
    for (int view = 0; view < how.views; ++view) {
      views.push_back(make_device_batch({.images = data_.dataset.train.resident,
                                         .positions = inputs.positions,
                                         .augmentation = augmentation_,
                                         .mean = data_.dataset.mean,
                                         .deviation = data_.dataset.deviation,
                                         .seed = how.seed,
                                         .scalars = inputs.scalars,
                                         .view = view,
                                         .dtype = how.dtype}));
    }
  }
  const std::vector<Variable> logits = forward(views);
  const std::vector<std::vector<Variable>> parameters = state_.parameters();
  const SchemeStep step{.draw = {static_cast<std::uint64_t>(options_.seed), 0, inputs.scalars}};
  const Variable loss = scheme_->loss({logits, inputs.labels, {}, parameters, inputs.positions}, step);
  backward(loss);
  for (TrainedModel& trained : state_.models) trained.optimizer->step(0, inputs.scalars);
  if (state_.average) state_.average->update();
  return {loss.value(), logits.front().value().slice(0, samples), scheme_->curve_state()};
}

bool Trainer::run_pipelined_steps(Batches batches, int steps, const AfterStep& after_step) {
  const Stopwatch watch;
  const double seconds_before = metrics_.seconds;
  const ImageSet& train = data_.dataset.train;
  // The step makes its images itself, where the GPU can; else they come from the host's stream.
  std::unique_ptr<BatchStream> stream;
  if (!are_made_on_device(train, augmentation_)) stream = open_batches(data_.dataset, train, plan(batches));
  pipeline_->forget();

  const auto take_what_is_done = [&](bool all) {
    while (const auto outcome = pipeline_->pop(all)) {
      take_in(*outcome);
      metrics_.seconds = seconds_before + watch.seconds();
      if (!after_step({metrics_, steps_measured_, steps})) return false;
    }
    return true;
  };
  for (std::vector<std::int32_t>& positions : batches) {
    Batch batch{std::move(positions), {}, {}};
    if (stream) batch = *stream->next();
    ++state_.batches_done;
    metrics_.left_out.add(batch.left_out);
    if (!batch.is_enough()) continue;
    push_step(batch, learning_rate(steps));
    if (!take_what_is_done(false)) {
      settle();
      return false;
    }
  }
  return take_what_is_done(true);
}

void Trainer::take_in(const StepOutcome& outcome) {
  require_finite_loss(outcome.loss, steps_measured_ + 1);
  measure({outcome.loss, outcome.logits, outcome.positions, outcome.learning_rate,
           scheme_->curve(outcome.state)});
}

/// Takes in whatever is under way, so that measurements and model are at the same step.
void Trainer::settle() {
  while (pipeline_) {
    const auto outcome = pipeline_->pop(true);
    if (!outcome) return;
    take_in(*outcome);
  }
}

}  // namespace noisegate
