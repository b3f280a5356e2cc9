#include "tools/analysis/suspects.h"

#include "tools/train/metrics.h"

#include <algorithm>
#include <cmath>

namespace noisegate {
namespace {

bool is_wrong(const Suspect& suspect, const ImageSet& set) {
  return set.given[suspect.sample] != set.truth[suspect.sample];
}

Suspect suspect_of(std::int64_t sample, std::int32_t given, const Predictions& predictions,
                   const Predictions* second) {
  const Score scored = score(predictions.row(sample), given);
  Suspect suspect{.sample = sample,
                  .given = given,
                  .predicted = predicted_class(predictions.row(sample)),
                  .margin = scored.margin,
                  .probability = scored.probability,
                  // log(1 + e^{−Δ}), which stays finite where p rounds to 0.
                  .loss = std::max(-scored.margin, 0.0) + std::log1p(std::exp(-std::abs(scored.margin))),
                  .second = {}};
  if (second) {
    suspect.second = {predicted_class(second->row(sample)), score(second->row(sample), given).probability};
  }
  return suspect;
}

}  // namespace

std::vector<Suspect> rank_suspects(const Predictions& predictions, const Predictions* second,
                                   const std::vector<std::int32_t>& given) {
  std::vector<Suspect> suspects;
  for (std::int64_t sample = 0; sample < predictions.size(); ++sample)
    if (predictions.is_read[sample])
      suspects.push_back(suspect_of(sample, given[sample], predictions, second));
  std::ranges::stable_sort(suspects, {}, &Suspect::margin);
  return suspects;
}

bool knows_wrong_labels(const ImageSet& set) {
  return set.given != set.truth;
}

std::vector<Hits> count_hits(const std::vector<Suspect>& suspects, const ImageSet& set,
                             const std::vector<std::int64_t>& firsts) {
  const auto wrong_among = [&](std::int64_t first) {
    return static_cast<double>(std::count_if(suspects.begin(), suspects.begin() + first,
                                             [&](const Suspect& s) { return is_wrong(s, set); }));
  };
  const auto all = static_cast<std::int64_t>(suspects.size());
  const double wrong = wrong_among(all);
  std::vector<Hits> result;
  for (const std::int64_t asked : firsts) {
    const std::int64_t first = std::min(asked, all);
    const double hits = wrong_among(first);
    result.push_back(
        {first, first > 0 ? hits / static_cast<double>(first) : 0, wrong > 0 ? hits / wrong : 0});
  }
  return result;
}

std::optional<double> ranking_quality(const std::vector<Suspect>& suspects, const ImageSet& set) {
  double wrong = 0, right = 0, in_order = 0;  // pairs of which the wrong label comes first
  for (const Suspect& suspect : suspects) {
    if (is_wrong(suspect, set)) {
      ++wrong;
    } else {
      ++right;
      in_order += wrong;
    }
  }
  if (wrong == 0 || right == 0) return std::nullopt;
  return in_order / (wrong * right);
}

}  // namespace noisegate
