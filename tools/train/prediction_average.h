// The softmax of every training sample, averaged over the epochs of a run: what `--noise prediction` makes
// labels from, as Chen et al., "Beyond class-conditional assumption", AAAI 2021, Algorithm 1, do.
#pragma once

#include "datasets/dataset.h"
#include "engine/io/state.h"
#include "layers/module.h"

#include <filesystem>
#include <vector>

namespace noisegate {

class PredictionAverage {
 public:
  /// Adds what the model says of the dataset's training images, which are not augmented; once an epoch.
  void add(Module& model, const Dataset& dataset);

  /// Writes the average, (samples, classes) float32, as .npy. At least one epoch must have been added.
  void save(const std::filesystem::path& path) const;

  /// For a checkpoint, and back.
  void save(State& state) const;
  void load(const State& state);

 private:
  std::vector<double> sums_;  // (samples, classes)
  std::int64_t classes_ = 0;
  int epochs_ = 0;
};

}  // namespace noisegate
