// What a model says of every image of a set, and what a row of logits says of its sample.
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
  std::vector<bool> is_read;  // samples: false for an image that was left out
  LeftOut left_out;

  std::int64_t size() const { return static_cast<std::int64_t>(is_read.size()); }
  std::span<const float> row(std::int64_t sample) const {
    return std::span(logits).subspan(static_cast<std::size_t>(sample * classes), classes);
  }
};

/// Runs the model in inference mode over the images of `set`, one of the dataset's; they are not augmented.
/// Images that cannot be read are left out where the dataset lets them. The model is left in the mode in
/// which it came. `after_batch`, where there is one, may throw to end it early. Throws Error where no image
/// can be read, and naming an image of which the model makes what is no finite number.
using AfterBatch = std::function<void()>;
Predictions predict(Module& model, const Dataset& dataset, const ImageSet& set,
                    const AfterBatch& after_batch = {});

/// The same, batch after batch, for what need not be kept: hands over the logits (B,K) of the samples at
/// these positions, and returns what was left out. The images are augmented where `look` says so; its batches
/// and views are not used.
using UseLogits = std::function<void(std::span<const std::int32_t> positions, const Tensor& logits)>;
LeftOut for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use,
                        BatchPlan look = {});

/// e^{s_i} / Σ_k e^{s_k}, without overflow.
std::vector<double> softmax(std::span<const float> logits);

/// The class with the largest logit; of equal ones the first.
std::int32_t predicted_class(std::span<const float> logits);

/// Writes the logits, or their softmax, as .npy: (samples, classes) float32. Throws Error naming the file.
void save_logits(const std::filesystem::path& file, const Predictions& predictions);
void save_probabilities(const std::filesystem::path& file, const Predictions& predictions);

}  // namespace noisegate
