#include "tools/evaluation.h"

#include "datasets/batches.h"
#include "datasets/sampling.h"
#include "engine/error.h"

namespace noisegate {
namespace {

constexpr int batch_size = 256;

}  // namespace

LeftOut for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use) {
  const NoGrad no_grad;
  const bool was_training = model.training();
  model.set_training(false);
  LeftOut left_out;
  const auto stream = open_batches(dataset, set, {.batches = ordered_batches(set.size(), batch_size)});
  while (const auto batch = stream->next()) {
    left_out.add(batch->left_out);
    if (!batch->positions.empty()) use(batch->positions, model(Variable(batch->views.front())).value());
  }
  model.set_training(was_training);
  if (left_out.images > 0 && left_out.images == set.size())
    reject("none of the set's {} images can be read, the first: {}", set.size(), left_out.first);
  return left_out;
}

Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels) {
  Evaluation result{{}, std::vector<Tally>(dataset.classes), {}};
  const auto add = [&](std::span<const std::int32_t> positions, const Tensor& logits) {
    std::vector<std::int32_t> batch_labels;
    for (const std::int32_t position : positions) batch_labels.push_back(labels[position]);
    const std::vector<Score> scores = score(logits, batch_labels);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      result.all.add(scores[i]);
      result.by_class[batch_labels[i]].add(scores[i]);
    }
  };
  result.left_out = for_each_output(model, dataset, set, add);
  return result;
}

}  // namespace noisegate
