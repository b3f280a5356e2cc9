// Finds the training samples whose labels are most likely wrong, by the predictions of a trained model.
#pragma once

#include "datasets/dataset.h"
#include "tools/train/predictions.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace noisegate {

struct Suspect {
  std::int64_t sample = 0;  // its index in the training set
  std::int32_t given = 0, predicted = 0;
  double margin = 0;       // Δ of the given label (see Score)
  double probability = 0;  // p of the given label
  double loss = 0;         // −log p, its cross entropy
  /// The other model's prediction: a sample that both models doubt is the better suspect.
  struct SecondOpinion {
    std::int32_t predicted;
    double probability;  // of the given label
  };
  std::optional<SecondOpinion> second;
};

/// Ranks all samples whose images could be read, the smallest margin of the given label first; on ties the
/// first in the set. `second`: predictions of another model on the same set, or null.
std::vector<Suspect> rank_suspects(const Predictions& predictions, const Predictions* second,
                                   const std::vector<std::int32_t>& given);

/// Whether the set has labels that differ from the given ones, so that suspects can be checked.
bool knows_wrong_labels(const ImageSet& set);

/// The precision and recall of the first suspects.
struct Hits {
  std::int64_t first = 0;  // number of suspects
  double precision = 0;    // share of them with a wrong label; 0 if there are none
  double recall = 0;       // share of all wrong labels that are among them; 0 if there are none
};
/// Computes them for each of these numbers of suspects; larger numbers count as all.
std::vector<Hits> count_hits(const std::vector<Suspect>& suspects, const ImageSet& set,
                             const std::vector<std::int64_t>& firsts);

/// Returns the probability that, of a wrong and a right label drawn at random, the wrong one is ranked first:
/// the area under the ROC curve. Nothing if all labels are of one kind.
std::optional<double> ranking_quality(const std::vector<Suspect>& suspects, const ImageSet& set);

}  // namespace noisegate
