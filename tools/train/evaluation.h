// Measures a model on a set of images.
#pragma once

#include "tools/train/predictions.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace noisegate {

/// How far a model's confidence, the softmax of its prediction, is from its accuracy: Guo et al., "On
/// calibration of modern neural networks", ICML 2017, Sec. 2, with fifteen bins of equal width.
class Calibration {
 public:
  struct Bin {
    std::int64_t samples = 0, correct = 0;
    double confidence = 0;  // sum over the samples
  };

  void add(double confidence, bool correct);
  /// Bin i has the confidences in (i/15, (i+1)/15].
  const std::array<Bin, 15>& bins() const { return bins_; }
  /// Returns ECE = Σ_b n_b/n·|accuracy_b − confidence_b|.
  double expected_error() const;

 private:
  std::array<Bin, 15> bins_{};
};

struct Evaluation {
  Tally all;
  std::int64_t in_top_five = 0;  // samples whose label is among the five largest logits
  std::vector<Tally> by_class;   // by the label that it was compared with
  /// (classes, classes), row-major: samples of label i predicted as j. Empty if there are more classes than
  /// most_classes_in_matrix.
  std::vector<std::int64_t> confusion;
  Calibration calibration;
  LeftOut left_out;

  double top_five_accuracy() const {
    return static_cast<double>(in_top_five) / static_cast<double>(all.samples);
  }
};

/// Compares predictions with these labels, one for each sample. Images that were left out do not count, nor
/// do those whose label is no_class.
Evaluation evaluate(const Predictions& predictions, std::span<const std::int32_t> labels);

/// Predicts these images (see predict) and compares.
Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels, const AfterBatch& after_batch = {});

}  // namespace noisegate
