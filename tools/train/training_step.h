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

/// What a step is made from, all of it in the memory of the models' device.
struct StepInputs {
  std::vector<Tensor> views;  // (B,H,W,C) each, as many as the scheme wants of any model
  Tensor labels;              // int32 (B), as given
  Tensor indices;             // int32 (B), of the samples in the training set
  LossStep step;
};

struct StepOutputs {
  Tensor loss;    // a scalar, the mean over the batch
  Tensor logits;  // (B,K) of the first model and view, as they were before the update
};

/// Updates the models, of which the first is the one that is tested, and then its average, which may be null.
/// Never synchronises.
StepOutputs training_step(std::span<TrainedModel> models, Scheme& scheme, MomentumAverage* average,
                          const StepInputs& inputs);

}  // namespace noisegate
