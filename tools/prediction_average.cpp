#include "tools/prediction_average.h"

#include "engine/npy.h"
#include "tools/evaluation.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace noisegate {
namespace {

void add_softmax(std::span<const float> logits, std::span<double> sums) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;  // of exp(s_i − max s), so that nothing overflows
  for (const float logit : logits) total += std::exp(logit - largest);
  for (std::size_t i = 0; i < logits.size(); ++i) sums[i] += std::exp(logits[i] - largest) / total;
}

}  // namespace

void PredictionAverage::add(Module& model, const Dataset& dataset) {
  classes_ = dataset.classes;
  sums_.resize(static_cast<std::size_t>(dataset.train.size() * classes_));
  for_each_output(model, dataset, dataset.train,
                  [&](std::span<const std::int32_t> positions, const Tensor& logits) {
                    const std::vector<float> values = logits.to_vector<float>();
                    for (std::size_t row = 0; row < positions.size(); ++row)
                      add_softmax(std::span(values).subspan(row * classes_, classes_),
                                  std::span(sums_).subspan(positions[row] * classes_, classes_));
                  });
  ++epochs_;
}

void PredictionAverage::save(const std::filesystem::path& path) const {
  std::vector<float> average(sums_.size());
  std::transform(sums_.begin(), sums_.end(), average.begin(),
                 [&](double sum) { return static_cast<float>(sum / epochs_); });
  save_numpy<float>(path, {static_cast<std::int64_t>(sums_.size()) / classes_, classes_}, average);
}

}  // namespace noisegate
