// The predictions of a model for every image of a set, and the score of a row of logits.
#pragma once

#include "datasets/batches/batches.h"
#include "datasets/dataset.h"
#include "layers/module.h"
#include "tools/train/metrics.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

namespace noisegate {

/// The logits of a set's images, sample by sample.
struct Predictions {
  int classes = 0;
  std::vector<float> logits;  // (samples, classes); NaN in the rows of images that were left out
  std::vector<bool> is_read;  // one per sample: false for an image that was left out
  LeftOut left_out;

  std::int64_t size() const { return static_cast<std::int64_t>(is_read.size()); }
  std::span<const float> row(std::int64_t sample) const {
    return std::span(logits).subspan(static_cast<std::size_t>(sample * classes), classes);
  }
};

/// Runs the model in inference mode over the images of `set`, one of the dataset's sets, without
/// augmentation. Leaves out unreadable images if the dataset allows it. Restores the mode of the model.
/// `after_batch`, if set, may throw to stop early. Throws Error if no image can be read, and naming an image
/// whose logits are not finite.
using AfterBatch = std::function<void()>;
Predictions predict(Module& model, const Dataset& dataset, const ImageSet& set,
                    const AfterBatch& after_batch = {});

/// The same, batch by batch, without storing the logits: passes the logits (B,K) of the samples at these
/// positions to `use`, and returns the images that were left out. The images are augmented if `look` says so;
/// the batches and views of `look` are ignored.
using UseLogits = std::function<void(std::span<const std::int32_t> positions, const Tensor& logits)>;
LeftOut for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use,
                        BatchPlan look = {});

/// e^{s_i} / Σ_k e^{s_k}, without overflow.
std::vector<double> softmax(std::span<const float> logits);

/// Returns the class with the largest logit; on ties the first.
std::int32_t predicted_class(std::span<const float> logits);

/// Writes the logits, or their softmax, as .npy: (samples, classes) float32. Throws Error naming the file.
void save_logits(const std::filesystem::path& file, const Predictions& predictions);
void save_probabilities(const std::filesystem::path& file, const Predictions& predictions);

}  // namespace noisegate
