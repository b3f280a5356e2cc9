// What a run's model says of the run's data, as the report shows it.
#pragma once

#include "tools/analysis/suspects.h"
#include "tools/runs/trained_run.h"

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// Training samples in ascending order of loss, cut into intervals of equal size (the last one may be
/// smaller), each counted by whether its labels and its predictions are true: Fig. 4 of Chen et al., "Noise
/// against noise", ICLR 2021.
struct Dissection {
  std::int64_t interval = 0;  // samples in one
  struct Counts {
    std::int64_t both_true = 0, only_prediction_true = 0, only_label_true = 0, none_true = 0;
  };
  std::vector<Counts> intervals;
};

/// `suspects` are of this set, in the order of rank_suspects.
Dissection dissect(const std::vector<Suspect>& suspects, const ImageSet& set, std::int64_t interval);

/// How the probabilities of the given labels lie in `bins` bins of equal width over [0, 1], as densities:
/// Fig. 3 of the same paper. Empty where there are no samples of a kind.
struct ProbabilityDensity {
  std::vector<double> clean, noisy;
};
ProbabilityDensity probability_density(const std::vector<Suspect>& suspects, const ImageSet& set, int bins);

/// All of it as the report's page takes it (see tools/report/model.js), the most suspicious `pictures`
/// samples drawn. Throws Error where the data cannot be read or the model does not fit.
nlohmann::ordered_json analyse_run(const TrainedRun& run, std::int64_t pictures);

}  // namespace noisegate
