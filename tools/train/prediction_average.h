// The softmax of every training sample, averaged over the epochs of a run: the input of `--noise prediction`,
// as in Chen et al., "Beyond class-conditional assumption", AAAI 2021, Algorithm 1.
#pragma once

#include "datasets/dataset.h"
#include "engine/io/state.h"
#include "layers/module.h"

#include <filesystem>
#include <vector>

namespace noisegate {

class PredictionAverage {
 public:
  /// Adds the model's predictions for the dataset's training images without augmentation; call it once per
  /// epoch.
  void add(Module& model, const Dataset& dataset);

  /// Writes the average, (samples, classes) float32, as .npy. At least one epoch must have been added.
  void save(const std::filesystem::path& path) const;

  /// Save to and load from a checkpoint.
  void save(State& state) const;
  void load(const State& state);

 private:
  std::vector<double> sums_;  // (samples, classes)
  std::int64_t classes_ = 0;
  int epochs_ = 0;
};

}  // namespace noisegate
