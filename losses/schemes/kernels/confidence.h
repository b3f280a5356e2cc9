// How far each label of a batch is trusted (label_confidence.h), by a team of threads.
#pragma once

#include "engine/math.h"
#include "losses/schemes/kernels/team.h"

#include <cstdint>

namespace noisegate {

/// μ and the mean of C, as the last step left them.
struct ConfidenceState {
  double mu, mean_confidence;
};

/// μ ← 0.7·μ + 0.3·mean ℓ, then of each sample C = sigmoid(½(μ + m − ℓ)), then what it weighs, α·N/Σ(1 −
/// C)·C.
template <class Team>
struct ConfidenceWeights {
  template <class T>
  using Array = typename Team::template Array<T>;

  double alpha, m;
  Array<ConfidenceState> state;
  Array<const float> losses;
  Array<float> weights;

  NOISEGATE_DEVICE void operator()(Team& team) const {
    const auto count = static_cast<std::int64_t>(losses.size());
    const auto samples = static_cast<double>(count);
    const double sum = sum_over(team, count, [&](std::int64_t i) { return double{losses[i]}; });
    const double mu = 0.7 * state[0].mu + 0.3 * sum / samples;
    const auto confidence = [&](std::int64_t i) { return 1 / (1 + math::exp(-0.5 * (mu + m - losses[i]))); };
    const double mean = sum_over(team, count, confidence) / samples;
    for (std::int64_t i = team.first(); i < count; i += team.stride())
      weights[i] = static_cast<float>(alpha / (1 - mean) * confidence(i));
    if (team.is_leader()) state[0] = {mu, mean};
  }
};

}  // namespace noisegate
