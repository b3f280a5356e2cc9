// All that changes as training goes on, and so all that a checkpoint has to hold.
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

/// Parameters and buffers: what the momentum model averages and what is saved. The tensors share the model's
/// memory.
std::vector<NamedTensor> whole_state(const Module& model);

/// The model of the epoch that did best on the held-out samples.
struct BestModel {
  double accuracy = 0;
  int epoch = 0;
  std::vector<Tensor> tensors;  // of its whole_state()
};

struct TrainingState {
  std::vector<TrainedModel> models;  // the one that is tested and, where the scheme has one, its companion
  std::unique_ptr<MomentumAverage> average;  // of the first; null without a momentum model
  std::optional<BestModel> best;             // where the scheme asks for it
  CurriculumSums curriculum;
  int epochs_done = 0;
  int batches_done = 0;  // of the epoch that is under way
  int steps_done = 0;    // the same, without batches too small to train on
  int steps_in_epoch = 1;

  Module& model() const { return *models.front().model; }
  void save(State& state) const;
  /// Throws Error naming what the state lacks, or has in another shape.
  void load(const State& state);
};

/// What an epoch that is under way has measured so far.
void save_metrics(const EpochMetrics& metrics, State& state);
EpochMetrics load_metrics(const State& state);

/// Before the first step. Throws Error naming the option for a model that there is not, and for two decays of
/// the momentum model, and naming the file of --init where it does not fit. `notes` gets what the user should
/// be told of the start.
TrainingState initial_state(const TrainOptions& options, const Dataset& dataset, const Scheme& scheme,
                            std::vector<std::string>& notes);

}  // namespace noisegate
