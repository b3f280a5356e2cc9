#include "tools/train/loss_setting.h"

#include "engine/error.h"
#include "engine/ops.h"
#include "layers/model_file.h"
#include "noise/transition.h"
#include "tools/files/run_folder.h"
#include "tools/train/data.h"
#include "tools/train/predictions.h"

#include <algorithm>
#include <numeric>

namespace noisegate {
namespace {

constexpr double percentile = 0.97;

std::vector<double> true_transition(const Dataset& dataset) {
  require_matrix_of(dataset.classes, "--loss with T=true");
  const TransitionMatrix counted(dataset.train.truth, dataset.train.given, dataset.classes);
  std::vector<double> matrix;
  for (int i = 0; i < dataset.classes; ++i) {
    if (counted.samples(i) == 0)
      reject("--loss with T=true: no training sample is of class {}", shown(dataset.class_names[i]));
    for (int j = 0; j < dataset.classes; ++j) matrix.push_back(counted(i, j));
  }
  return matrix;
}

}  // namespace

std::vector<double> label_shares(std::span<const std::int32_t> labels, int classes) {
  std::vector<double> shares(classes);
  for (const std::int32_t label : labels) shares[label] += 1 / static_cast<double>(labels.size());
  return shares;
}

std::vector<double> transition_at_percentile(const std::vector<float>& probabilities, int classes) {
  const std::size_t samples = probabilities.size() / classes;
  std::vector<std::size_t> order(samples);
  std::vector<double> matrix;
  for (int i = 0; i < classes; ++i) {
    std::iota(order.begin(), order.end(), 0);
    const auto rank = static_cast<std::ptrdiff_t>(percentile * static_cast<double>(samples - 1));
    std::nth_element(order.begin(), order.begin() + rank, order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(probabilities[a * classes + i], a) < std::pair(probabilities[b * classes + i], b);
    });
    const float* row = &probabilities[order[rank] * classes];
    const double sum = std::accumulate(row, row + classes, 0.0);
    for (int j = 0; j < classes; ++j) matrix.push_back(row[j] / sum);
  }
  return matrix;
}

std::vector<double> estimate_transition(const std::string& run, const Dataset& dataset) {
  require_matrix_of(dataset.classes, "--loss with T=estimate");
  const RunFolder folder(run);
  if (!std::filesystem::exists(folder.config()) || !std::filesystem::exists(folder.model()))
    reject("--loss with T=estimate: {} holds no run with a model", run);
  TrainOptions options;
  read_config(folder.config(), options);
  const auto model = new_model(options, dataset);
  load_model(*model, folder.model());
  std::vector<float> probabilities;
  for_each_output(*model, dataset, dataset.train, [&](std::span<const std::int32_t>, const Tensor& logits) {
    const std::vector<float> batch = softmax(Variable(logits)).value().to_vector<float>();
    probabilities.insert(probabilities.end(), batch.begin(), batch.end());
  });
  return transition_at_percentile(probabilities, dataset.classes);
}

LossSetting loss_setting(const Spec& loss, const Dataset& dataset) {
  LossSetting setting{label_shares(dataset.train.given, dataset.classes), {}};
  const auto request = transition_request(loss);
  if (!request) return setting;
  using Source = TransitionRequest::Source;
  switch (request->source) {
    case Source::file:
      setting.transition = load_transition(request->path, dataset.classes, loss.what() + " " + loss.text());
      break;
    case Source::truth:
      setting.transition = true_transition(dataset);
      break;
    case Source::estimate:
      setting.transition = estimate_transition(request->path, dataset);
      break;
  }
  return setting;
}

}  // namespace noisegate
