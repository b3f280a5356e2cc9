// Training samples whose labels are most likely wrong, by what a trained model says of them.
#pragma once

#include "datasets/dataset.h"
#include "tools/train/predictions.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace noisegate {

struct Suspect {
  std::int64_t sample = 0;  // its place in the training set
  std::int32_t given = 0, predicted = 0;
  double margin = 0;       // Δ of the given label (see Score)
  double probability = 0;  // p of the given label
  double loss = 0;         // −log p, its cross entropy
  /// What the other model says: a sample that both doubt is the better suspect.
  struct SecondOpinion {
    std::int32_t predicted;
    double probability;  // of the given label
  };
  std::optional<SecondOpinion> second;
};

/// All samples whose images could be read, the smallest margin of the given label first; of equal ones the
/// first in the set. `second`: of another model on the same set, or null.
std::vector<Suspect> rank_suspects(const Predictions& predictions, const Predictions* second,
                                   const std::vector<std::int32_t>& given);

/// Whether the set knows labels that differ from the given ones, so that suspects can be checked.
bool knows_wrong_labels(const ImageSet& set);

/// How many of the first suspects do have a wrong label.
struct Hits {
  std::int64_t first = 0;  // suspects looked at
  double precision = 0;    // share of them with a wrong label; 0 of none
  double recall = 0;       // share of all wrong labels that are among them; 0 of none
};
/// For each of these numbers of suspects; larger ones count as all.
std::vector<Hits> count_hits(const std::vector<Suspect>& suspects, const ImageSet& set,
                             const std::vector<std::int64_t>& firsts);

/// The chance that of a wrong and a right label, each drawn at random, the wrong one is ranked first: the
/// area under the ROC curve. Nothing where there are no labels of one kind.
std::optional<double> ranking_quality(const std::vector<Suspect>& suspects, const ImageSet& set);

}  // namespace noisegate
