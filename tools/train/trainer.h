// The training loop: batches → model → loss → gradients → optimiser, with its measurements.
#pragma once

#include "datasets/batches/batches.h"
#include "datasets/batches/sampling.h"
#include "engine/io/state.h"
#include "engine/optimizer.h"
#include "layers/module.h"
#include "losses/schemes/scheme.h"
#include "tools/config/train_options.h"
#include "tools/train/data.h"
#include "tools/train/metrics.h"
#include "tools/train/state.h"
#include "tools/train/step_pipeline.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace noisegate {

struct StepResult {
  double loss = 0;  // mean over the batch
  Tensor logits;    // (B,K) of the first view, before the update
};

/// Progress of an epoch, reported after each step.
struct StepReport {
  const EpochMetrics& metrics;  // of the training steps so far
  int step;                     // finished steps of this epoch
  int steps;                    // all steps of this epoch
};

class Trainer {
 public:
  /// Throws Error naming the option for an unknown model, loss, schedule or augmentation.
  Trainer(const TrainOptions& options, TrainingData data);
  // Its steps point to it.
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Called after each step; returns false to stop the training there.
  using AfterStep = std::function<bool(const StepReport&)>;

  /// Called after each batch outside training steps: of a test, of a scheme's pass over the training set.
  /// Returns false to stop the training there.
  using GoOn = std::function<bool()>;

  /// Trains one epoch, or the rest of the current one, and tests the model; returns nothing if `after_step`
  /// or `go_on` stopped it. The state is then that after the last step. Throws Error naming epoch and step
  /// when the loss, or the model at the epoch's end, is no longer finite.
  std::optional<EpochMetrics> run_epoch(const AfterStep& after_step, GoOn go_on = {});

  /// Makes one update from a batch of the training set, or from its samples at these positions. Throws Error
  /// naming epoch and step for a loss that is not finite.
  StepResult step(Batch batch, double learning_rate);
  StepResult step(std::vector<std::int32_t> positions, double learning_rate);

  const TrainingState& state() const { return state_; }
  /// Returns the present EMA model, as a separate module; null without --ema. It has no training mode.
  Module* average_model();
  /// Returns the scheme's second model and its name; null if there is none.
  Module* companion_model();
  std::string companion() const { return scheme_->companion(); }

  /// Save and load everything that the next step depends on: a trainer with the same options continues with
  /// the same steps. load() throws Error naming the part that the state lacks.
  void save(State& state);
  void load(const State& state);

  const Dataset& dataset() const { return data_.dataset; }

 private:
  double learning_rate(int steps) const;
  std::uint32_t steps_of_run() const;
  Batches epoch_batches() const;
  BatchPlan plan(Batches batches) const;
  void require_finite_loss(double loss, int step) const;
  std::vector<std::int32_t> given_labels(std::span<const std::int32_t> positions) const;

  bool run_steps(Batches batches, int steps, const AfterStep& after_step);
  void push_step(Batch batch, double learning_rate);
  StepPipeline::Results take_step(StepInputs inputs);
  void add_outcome(const StepOutcome& outcome);
  void drain();
  void measure(const StepOutcome& step);
  std::optional<EpochMetrics> train_and_test(const AfterStep& after_step);
  void require_going_on() const;
  void test(EpochMetrics& metrics);
  void keep_if_best(const EpochMetrics& metrics);

  class View;  // the training set as the scheme sees it

  TrainOptions options_;
  TrainingData data_;
  Augmentation augmentation_;
  Schedule schedule_;
  std::unique_ptr<Scheme> scheme_;
  TrainingState state_;
  GoOn go_on_;
  EpochMetrics metrics_;             // of the current epoch
  int steps_measured_ = 0;           // steps of that epoch in metrics_
  std::unique_ptr<Module> scratch_;  // holds the EMA, or the best model, for a test
  std::unique_ptr<StepPipeline> pipeline_;
};

}  // namespace noisegate
