#include "tools/prediction_average.h"

#include "engine/npy.h"
#include "tools/predictions.h"

#include <algorithm>
#include <functional>
#include <span>

namespace noisegate {

void PredictionAverage::add(Module& model, const Dataset& dataset) {
  classes_ = dataset.classes;
  sums_.resize(static_cast<std::size_t>(dataset.train.size() * classes_));
  for_each_output(model, dataset, dataset.train,
                  [&](std::span<const std::int32_t> positions, const Tensor& logits) {
                    const std::vector<float> values = logits.to_vector<float>();
                    for (std::size_t row = 0; row < positions.size(); ++row) {
                      const auto shares = softmax(std::span(values).subspan(row * classes_, classes_));
                      const auto sums = sums_.begin() + positions[row] * classes_;
                      std::transform(shares.begin(), shares.end(), sums, sums, std::plus<>());
                    }
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
