#include "tools/train/curriculum.h"

#include "engine/error.h"
#include "engine/io/npy.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace noisegate {

void MarginHistogram::add(double margin) {
  constexpr double width = (high - low) / bins;
  const double bounded = margin > low ? std::min(margin, high) : low;  // also of what is no number
  ++counts_[std::min(static_cast<int>((bounded - low) / width), bins - 1)];
}

void AverageWeight::add(double weight, double rate) {
  rates += rate;
  weighted_rates += rate * weight;
}

void CurriculumSums::add(double weight, bool is_clean, double learning_rate) {
  (is_clean ? clean : noisy).add(weight, learning_rate);
}

std::optional<double> CurriculumSums::snr() const {
  if (clean.empty() || noisy.empty() || noisy.weighted_rates == 0) return std::nullopt;
  return clean.value() / noisy.value();
}

std::optional<double> CurriculumSums::alpha_t() const {
  if (clean.empty() && noisy.empty()) return std::nullopt;
  return 2 * (clean.weighted_rates + noisy.weighted_rates) / (clean.rates + noisy.rates);
}

void EpochCurriculum::add_margin(double margin, bool is_clean) {
  (is_clean ? margins_clean : margins_noisy).add(margin);
}

void EpochCurriculum::add_weight(double weight, bool is_clean) {
  (is_clean ? weight_clean : weight_noisy).add(weight, 1);
}

void append_margins(const std::filesystem::path& file, int epoch, const EpochCurriculum& curriculum) {
  constexpr std::int64_t bins = MarginHistogram::bins;
  std::vector<std::int64_t> counts;
  if (std::filesystem::exists(file)) {
    NumpyArray<std::int64_t> before = load_numpy<std::int64_t>(file);
    if (before.shape.size() != 3 || before.shape[1] != 2 || before.shape[2] != bins)
      reject("{} does not have the shape (epochs, 2, {}) of a run's margins", file.string(), bins);
    counts = std::move(before.values);
  }
  counts.resize((epoch - 1) * 2 * bins);
  for (const MarginHistogram& margins : {curriculum.margins_clean, curriculum.margins_noisy})
    counts.insert(counts.end(), margins.counts().begin(), margins.counts().end());
  save_numpy<std::int64_t>(file, {epoch, 2, bins}, counts);
}

}  // namespace noisegate
