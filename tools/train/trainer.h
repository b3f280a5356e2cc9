// The training loop: batches → model → loss → gradients → optimiser, and what is measured on the way.
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
  Tensor logits;    // (B,K) of the first view, as the model gave them before the update
};

/// How far an epoch has come, for those who watch.
struct StepReport {
  const EpochMetrics& metrics;  // of the training steps so far
  int step;                     // steps of this epoch that are done
  int steps;                    // steps that it has
};

class Trainer {
 public:
  /// Throws Error naming the option for a model, loss, schedule or augmentation that there is not.
  Trainer(const TrainOptions& options, TrainingData data);
  // Its steps point to it.
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Called after each step; false ends the training there.
  using AfterStep = std::function<bool(const StepReport&)>;

  /// Asked after each batch of what is no training step: a test, a scheme's look at the training set. False
  /// ends the training there.
  using GoOn = std::function<bool()>;

  /// Trains one epoch, or the rest of the one that is under way, and tests the model; nothing where
  /// `after_step` or `go_on` ended it early. The state is then that after the last step. Throws Error naming
  /// epoch and step when the loss, or the model at the epoch's end, is no longer finite.
  std::optional<EpochMetrics> run_epoch(const AfterStep& after_step, GoOn go_on = {});

  /// One update from a batch of the training set, or from the samples at these positions of it. Throws Error
  /// naming epoch and step for a loss that is not finite.
  StepResult step(Batch batch, double learning_rate);
  StepResult step(std::vector<std::int32_t> positions, double learning_rate);

  const TrainingState& state() const { return state_; }
  /// The momentum model of this moment, in a module of its own; null without --ema. It has no training mode.
  Module* average_model();
  /// The scheme's second model and its name; null where there is none.
  Module* companion_model();
  std::string companion() const { return scheme_->companion(); }

  /// Everything that the next step depends on; a trainer with the same options that loads it takes the same
  /// steps as this one would. load() throws Error naming what the state lacks.
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

  class View;  // of the training set, for the scheme

  TrainOptions options_;
  TrainingData data_;
  Augmentation augmentation_;
  Schedule schedule_;
  std::unique_ptr<Scheme> scheme_;
  TrainingState state_;
  GoOn go_on_;
  EpochMetrics metrics_;             // of the epoch that is under way
  int steps_measured_ = 0;           // steps of that epoch which are in them
  std::unique_ptr<Module> scratch_;  // where the momentum average, or the best model, is put to be tested
  std::unique_ptr<StepPipeline> pipeline_;
};

}  // namespace noisegate
