#include "tools/train/training_step.h"

#include "engine/autograd.h"

#include <cstdint>

namespace noisegate {

StepOutputs training_step(std::span<TrainedModel> models, Scheme& scheme, MomentumAverage* average,
                          const StepInputs& inputs) {
  std::vector<std::vector<Variable>> parameters;
  SchemeBatch batch{{}, inputs.labels, inputs.indices};
  for (std::size_t m = 0; m < models.size(); ++m) {
    // The views of a batch go through the model together, so that they share its batch statistics.
    const int views = scheme.views(static_cast<int>(m));
    const Tensor images =
        views == 1 ? inputs.views.front() : concatenate({inputs.views.begin(), inputs.views.begin() + views});
    batch.logits.push_back((*models[m].model)(Variable(images)));
    parameters.push_back(models[m].model->variables());
  }
  batch.parameters = parameters;
  const Variable loss = scheme.loss(batch, inputs.step);
  backward(loss);
  for (TrainedModel& trained : models) trained.optimizer->step(inputs.step.scalars);
  if (average) average->update();
  return {loss.value(), batch.logits.front().value().slice(0, inputs.labels.numel())};
}

}  // namespace noisegate
