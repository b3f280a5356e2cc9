#include "tools/evaluation.h"

#include "datasets/batches.h"
#include "datasets/sampling.h"

namespace noisegate {
namespace {

constexpr int batch_size = 256;

}  // namespace

void for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use) {
  const NoGrad no_grad;
  const bool was_training = model.training();
  model.set_training(false);
  const auto stream =
      open_batches(dataset, set, {.batches = ordered_batches(set.size(), batch_size), .augmentation = {}});
  while (const auto batch = stream->next()) {
    if (!batch->positions.empty()) use(batch->positions, model(Variable(batch->views.front())).value());
  }
  model.set_training(was_training);
}

Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels) {
  Evaluation result{{}, std::vector<Tally>(dataset.classes)};
  for_each_output(model, dataset, set, [&](std::span<const std::int32_t> positions, const Tensor& logits) {
    std::vector<std::int32_t> batch_labels;
    for (const std::int32_t position : positions) batch_labels.push_back(labels[position]);
    const std::vector<Score> scores = score(logits, batch_labels);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      result.all.add(scores[i]);
      result.by_class[batch_labels[i]].add(scores[i]);
    }
  });
  return result;
}

}  // namespace noisegate
