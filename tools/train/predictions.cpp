#include "tools/train/predictions.h"

#include "datasets/batches/sampling.h"
#include "engine/error.h"
#include "engine/io/npy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace noisegate {
namespace {

constexpr int batch_size = 256;

/// Puts a model into inference mode, for as long as it lives.
class Inference {
 public:
  explicit Inference(Module& model) : model_(model), was_training_(model.training()) {
    model_.set_training(false);
  }
  ~Inference() { model_.set_training(was_training_); }
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

 private:
  Module& model_;
  bool was_training_;
};

void save_rows(const std::filesystem::path& file, const Predictions& predictions,
               std::span<const float> rows) {
  save_numpy<float>(file, {predictions.size(), predictions.classes}, rows);
}

/// A model whose weights are finite can still overflow on an image.
void require_finite(std::span<const std::int32_t> positions, const Tensor& logits) {
  const std::vector<float> values = logits.to_vector<float>();
  const auto wrong = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
  if (wrong != values.end())
    fail("the model's output for image {} is {}, which is no finite number",
         positions[(wrong - values.begin()) / logits.size(1)], *wrong);
}

}  // namespace

LeftOut for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use,
                        BatchPlan look) {
  const NoGrad no_grad;
  const Inference inference(model);
  LeftOut left_out;
  look.batches = ordered_batches(set.size(), batch_size);
  look.views = 1;
  look.device = model.device();
  look.dtype = activation_dtype(look.device);
  const auto stream = open_batches(dataset, set, std::move(look));
  while (const auto batch = stream->next()) {
    left_out.add(batch->left_out);
    if (batch->positions.empty()) continue;
    const Tensor logits = model(Variable(batch->views.front())).value();
    require_finite(batch->positions, logits);
    use(batch->positions, logits);
  }
  if (left_out.images > 0 && left_out.images == set.size())
    reject("none of the set's {} images can be read, the first: {}", set.size(), left_out.first);
  return left_out;
}

Predictions predict(Module& model, const Dataset& dataset, const ImageSet& set,
                    const AfterBatch& after_batch) {
  const auto samples = static_cast<std::size_t>(set.size());
  Predictions result{
      .classes = dataset.classes,
      .logits = std::vector(samples * dataset.classes, std::numeric_limits<float>::quiet_NaN()),
      .is_read = std::vector(samples, false),
      .left_out = {}};
  const auto keep = [&](std::span<const std::int32_t> positions, const Tensor& logits) {
    const std::vector<float> values = logits.to_vector<float>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i) * result.classes, result.classes,
                  result.logits.begin() + static_cast<std::ptrdiff_t>(positions[i]) * result.classes);
      result.is_read[positions[i]] = true;
    }
    if (after_batch) after_batch();
  };
  result.left_out = for_each_output(model, dataset, set, keep);
  return result;
}

std::vector<double> softmax(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> shares;
  double sum = 0;
  for (const float logit : logits) {
    shares.push_back(std::exp(logit - largest));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

std::int32_t predicted_class(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void save_logits(const std::filesystem::path& file, const Predictions& predictions) {
  save_rows(file, predictions, predictions.logits);
}

void save_probabilities(const std::filesystem::path& file, const Predictions& predictions) {
  std::vector<float> rows;
  rows.reserve(predictions.logits.size());
  for (std::int64_t sample = 0; sample < predictions.size(); ++sample)
    for (const double share : softmax(predictions.row(sample))) rows.push_back(static_cast<float>(share));
  save_rows(file, predictions, rows);
}

}  // namespace noisegate
