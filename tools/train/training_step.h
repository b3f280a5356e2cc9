// One training step, the same on every device: forward, the scheme's loss, backward, update.
#pragma once

#include "engine/optimizer.h"
#include "engine/tensor.h"
#include "layers/module.h"
#include "losses/schemes/scheme.h"

#include <memory>
#include <span>
#include <vector>

namespace noisegate {

struct TrainedModel {
  std::unique_ptr<Module> model;
  std::unique_ptr<Sgd> optimizer;
};

/// The inputs of a step, all of them in the memory of the models' device.
struct StepInputs {
  std::vector<Tensor> views;  // (B,H,W,C) each, the largest number that one of the scheme's models takes
  Tensor labels;              // int32 (B), as given
  Tensor indices;             // int32 (B), indices of the samples in the training set
  LossStep step;
};

struct StepOutputs {
  Tensor loss;    // a scalar, the mean over the batch
  Tensor logits;  // (B,K) of the first model and view, before the update
};

/// Updates the models, the first of which is tested, and then its EMA, which may be null. Never synchronises.
StepOutputs training_step(std::span<TrainedModel> models, Scheme& scheme, MomentumAverage* average,
                          const StepInputs& inputs);

}  // namespace noisegate
