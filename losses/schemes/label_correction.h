// Corrected labels (Chen et al. 2021, Noise against noise, Sec. 3.3): a sample's new target lies between its
// label and the model's prediction, the nearer to the prediction the smaller its loss is among all samples.
#pragma once

#include "engine/io/state.h"
#include "losses/schemes/scheme.h"

#include <cstdint>
#include <span>

namespace noisegate {

class LabelCorrection {
 public:
  /// After `from` epochs, before each epoch. The prediction is the most likely class as a one-hot row, as in
  /// the published code, or, `soft`, the softmax of the text. 0 for never.
  LabelCorrection(int from, bool soft) : from_(from), soft_(soft) {}

  /// ω·e_y + (1−ω)·prediction for every sample, ω the sample's cross entropy with its target so far, scaled
  /// to [0, 1] by the least and the largest of all samples. Looks at the momentum model's logits.
  void begin_epoch(int epochs_done, TrainingSetView& training_set);

  void move_to(Device device);
  /// Whether labels have been corrected; then the rows (N,K) of a batch's samples, on the batch's device.
  bool active() const { return targets_.defined(); }
  Tensor targets(const SchemeBatch& batch) const;

  double mean_weight() const { return mean_weight_; }  // of the given label, ω, over all samples

  void save(State& state) const;
  void load(const State& state);

 private:
  int from_;
  bool soft_;
  Tensor targets_;  // (n,K), where batches are
  Device device_ = Device::cpu;
  double mean_weight_ = 1;
};

}  // namespace noisegate
