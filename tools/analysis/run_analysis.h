// Analyses a run's data with its model, for the report.
#pragma once

#include "tools/analysis/suspects.h"
#include "tools/runs/trained_run.h"

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// Training samples in ascending order of loss, cut into intervals of equal size (the last one may be
/// smaller). Each interval counts its true and false labels and predictions: Fig. 4 of Chen et al., "Noise
/// against noise", ICLR 2021.
struct Dissection {
  std::int64_t interval = 0;  // samples per interval
  struct Counts {
    std::int64_t both_true = 0, only_prediction_true = 0, only_label_true = 0, none_true = 0;
  };
  std::vector<Counts> intervals;
};

/// `suspects` are samples of this set, in the order of rank_suspects.
Dissection dissect(const std::vector<Suspect>& suspects, const ImageSet& set, std::int64_t interval);

/// Computes the densities of the given labels' probabilities in `bins` bins of equal width over [0, 1]: Fig.
/// 3 of the same paper. Empty if there are no samples of a kind.
struct ProbabilityDensity {
  std::vector<double> clean, noisy;
};
ProbabilityDensity probability_density(const std::vector<Suspect>& suspects, const ImageSet& set, int bins);

/// Returns the whole analysis in the form that the report's page takes (see tools/report/model.js), with
/// drawings of the `pictures` most suspicious samples. Throws Error if the data cannot be read or the model
/// does not fit.
nlohmann::ordered_json analyse_run(const TrainedRun& run, std::int64_t pictures);

}  // namespace noisegate
