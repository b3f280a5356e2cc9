#include "tools/train/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

void add_curriculum(nlohmann::ordered_json& line, const EpochCurriculum& curriculum) {
  if (!curriculum.weight_clean.empty()) line["weight_clean"] = curriculum.weight_clean.value();
  if (!curriculum.weight_noisy.empty()) line["weight_noisy"] = curriculum.weight_noisy.value();
  if (const auto snr = curriculum.so_far.snr()) line["snr"] = *snr;
  if (const auto alpha_t = curriculum.so_far.alpha_t()) line["alpha_t"] = *alpha_t;
}

}  // namespace

Score score(std::span<const float> logits, std::int32_t label) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  double highest_other = -std::numeric_limits<double>::infinity();
  const auto classes = static_cast<std::int32_t>(logits.size());
  for (std::int32_t i = 0; i < classes; ++i)
    if (i != label) highest_other = std::max(highest_other, static_cast<double>(logits[i]));
  double others = 0;  // Σ exp(s_i − the highest), so that nothing overflows
  for (std::int32_t i = 0; i < classes; ++i)
    if (i != label) others += std::exp(logits[i] - highest_other);
  const double margin = logits[label] - highest_other - std::log(others);
  return {largest - logits.begin() == label, margin, 1 / (1 + std::exp(-margin))};
}

std::vector<Score> score(const Tensor& logits, std::span<const std::int32_t> labels) {
  const std::vector<float> values = logits.to_vector<float>();
  const auto classes = static_cast<std::size_t>(logits.size(1));
  std::vector<Score> scores;
  scores.reserve(labels.size());
  for (std::size_t row = 0; row < labels.size(); ++row) {
    scores.push_back(score(std::span(values).subspan(row * classes, classes), labels[row]));
  }
  return scores;
}

void Tally::add(const Score& score) {
  ++samples;
  correct += score.correct ? 1 : 0;
  probability += score.probability;
}

void LeftOut::add(const std::vector<std::string>& sentences) {
  if (images == 0 && !sentences.empty()) first = sentences.front();
  images += static_cast<std::int64_t>(sentences.size());
}

void LeftOut::add(const LeftOut& other) {
  if (images == 0) first = other.first;
  images += other.images;
}

std::string to_string(const LeftOut& left_out) {
  return fmt::format("{} image{} left out, the first: {}", left_out.images,
                     left_out.images == 1 ? " was" : "s were", left_out.first);
}

nlohmann::ordered_json to_json(const EpochMetrics& metrics) {
  nlohmann::ordered_json line;
  line["epoch"] = metrics.epoch;
  line["train_loss"] = metrics.train_loss();
  line["train_acc"] = metrics.train.accuracy();
  if (metrics.clean.samples > 0) {
    line["train_acc_clean"] = metrics.clean.accuracy();
    line["mean_p_clean"] = metrics.clean.mean_probability();
  }
  if (metrics.noisy.samples > 0) {
    line["train_acc_noisy"] = metrics.noisy.accuracy();
    line["mean_p_noisy"] = metrics.noisy.mean_probability();
  }
  line["test_acc"] = metrics.test.accuracy();
  if (metrics.test_ema) line["test_acc_ema"] = metrics.test_ema->accuracy();
  if (metrics.validation) line["validation_acc"] = metrics.validation->accuracy();
  if (metrics.left_out.images > 0) line["images_left_out"] = metrics.left_out.images;
  line["lr"] = metrics.learning_rate;
  for (const auto& [name, value] : metrics.scheme) line[name] = value;
  add_curriculum(line, metrics.curriculum);
  if (metrics.clean.samples > 0) line["margins_clean"] = metrics.curriculum.margins_clean.counts();
  if (metrics.noisy.samples > 0) line["margins_noisy"] = metrics.curriculum.margins_noisy.counts();
  line["seconds"] = metrics.seconds;
  line["images_per_second"] = metrics.images_per_second();
  line["peak_memory_bytes"] = metrics.peak_memory;
  return line;
}

}  // namespace noisegate
