// The state that changes during training, all of which a checkpoint stores.
#pragma once

#include "datasets/dataset.h"
#include "engine/io/safetensors.h"
#include "engine/io/state.h"
#include "engine/optimizer.h"
#include "layers/module.h"
#include "losses/schemes/scheme.h"
#include "tools/config/train_options.h"
#include "tools/train/curriculum.h"
#include "tools/train/metrics.h"
#include "tools/train/training_step.h"

#include <memory>
#include <optional>
#include <vector>

namespace noisegate {

/// Returns parameters and buffers: the tensors that the EMA averages and that are saved. They share the
/// model's memory.
std::vector<NamedTensor> whole_state(const Module& model);

/// The model of the epoch with the best result on the held-out samples.
struct BestModel {
  double accuracy = 0;
  int epoch = 0;
  std::vector<Tensor> tensors;  // its whole_state()
};

struct TrainingState {
  std::vector<TrainedModel> models;          // the tested model and, if the scheme has one, its companion
  std::unique_ptr<MomentumAverage> average;  // of the first model; null without an EMA
  std::optional<BestModel> best;             // if the scheme needs it
  CurriculumSums curriculum;
  int epochs_done = 0;
  int batches_done = 0;  // in the current epoch
  int steps_done = 0;    // the same, without batches too small to train on
  int steps_in_epoch = 1;

  Module& model() const { return *models.front().model; }
  void save(State& state) const;
  /// Throws Error naming the part that the state lacks, or has in another shape.
  void load(const State& state);
};

/// The measurements of the current epoch so far.
void save_metrics(const EpochMetrics& metrics, State& state);
EpochMetrics load_metrics(const State& state);

/// Makes the state before the first step. Throws Error naming the option for an unknown model and for two
/// decays of the EMA, and naming the file of --init if it does not fit. `notes` receives sentences for the
/// user about the start.
TrainingState initial_state(const TrainOptions& options, const Dataset& dataset, const Scheme& scheme,
                            std::vector<std::string>& notes);

}  // namespace noisegate
