#include "tools/train/evaluation.h"

#include "noise/transition.h"

#include <cmath>

namespace noisegate {
namespace {

/// Whether fewer than five classes come before the label; of equal logits the first comes first.
bool is_in_top_five(std::span<const float> logits, std::int32_t label) {
  int before = 0;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(logits.size()); ++i)
    before += logits[i] > logits[label] || (logits[i] == logits[label] && i < label) ? 1 : 0;
  return before < 5;
}

void add_sample(Evaluation& result, std::span<const float> logits, std::int32_t label) {
  const std::int32_t predicted = predicted_class(logits);
  const Score scored = score(logits, label);
  result.all.add(scored);
  result.by_class[label].add(scored);
  result.in_top_five += is_in_top_five(logits, label) ? 1 : 0;
  if (!result.confusion.empty())
    ++result.confusion[static_cast<std::int64_t>(logits.size()) * label + predicted];
  result.calibration.add(score(logits, predicted).probability, scored.correct);
}

}  // namespace

void Calibration::add(double confidence, bool correct) {
  const auto bins = static_cast<double>(bins_.size());
  std::size_t bin = 0;
  while (bin + 1 < bins_.size() && confidence > static_cast<double>(bin + 1) / bins) ++bin;
  Bin& b = bins_[bin];
  ++b.samples;
  b.correct += correct ? 1 : 0;
  b.confidence += confidence;
}

double Calibration::expected_error() const {
  double error = 0, samples = 0;
  for (const Bin& bin : bins_) {
    error += std::abs(static_cast<double>(bin.correct) - bin.confidence);
    samples += static_cast<double>(bin.samples);
  }
  return error / samples;
}

Evaluation evaluate(const Predictions& predictions, std::span<const std::int32_t> labels) {
  const auto classes = static_cast<std::size_t>(predictions.classes);
  Evaluation result;
  result.by_class.resize(classes);
  if (predictions.classes <= most_classes_in_matrix) result.confusion.resize(classes * classes);
  result.left_out = predictions.left_out;
  for (std::int64_t sample = 0; sample < predictions.size(); ++sample)
    if (predictions.is_read[sample] && labels[sample] != no_class)
      add_sample(result, predictions.row(sample), labels[sample]);
  return result;
}

Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels, const AfterBatch& after_batch) {
  return evaluate(predict(model, dataset, set, after_batch), labels);
}

}  // namespace noisegate
