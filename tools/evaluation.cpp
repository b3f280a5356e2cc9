#include "tools/evaluation.h"

#include "datasets/batches.h"
#include "datasets/sampling.h"

namespace noisegate {
namespace {

constexpr int batch_size = 256;

}  // namespace

Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels) {
  const NoGrad no_grad;
  const bool was_training = model.training();
  model.set_training(false);

  Evaluation result{{}, std::vector<Tally>(dataset.classes)};
  const auto stream =
      open_batches(dataset, set, {.batches = ordered_batches(set.size(), batch_size), .augmentation = {}});
  while (const auto batch = stream->next()) {
    if (batch->positions.empty()) continue;
    std::vector<std::int32_t> batch_labels;
    for (const std::int32_t position : batch->positions) batch_labels.push_back(labels[position]);
    const auto scores = score(model(Variable(batch->views.front())).value(), batch_labels);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      result.all.add(scores[i]);
      result.by_class[batch_labels[i]].add(scores[i]);
    }
  }
  model.set_training(was_training);
  return result;
}

}  // namespace noisegate
