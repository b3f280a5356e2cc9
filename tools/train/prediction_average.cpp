#include "tools/train/prediction_average.h"

#include "engine/io/npy.h"
#include "tools/train/predictions.h"

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

void PredictionAverage::save(State& state) const {
  if (epochs_ == 0) return;
  state.put_numbers("predictions.sums", sums_);
  state.put_count("predictions.classes", classes_);
  state.put_count("predictions.epochs", epochs_);
}

void PredictionAverage::load(const State& state) {
  if (!state.has("predictions.epochs")) return;
  sums_ = state.numbers("predictions.sums");
  classes_ = state.count("predictions.classes", 1);
  epochs_ = static_cast<int>(state.count("predictions.epochs", 1));
}

}  // namespace noisegate
