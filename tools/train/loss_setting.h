// What the loss of a run must know of its training set.
#pragma once

#include "datasets/dataset.h"
#include "losses/loss.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// The shares of the given labels and, for the losses that need it, the transition matrix: from its file,
/// counted, or estimated. Throws Error where it cannot be had.
LossSetting loss_setting(const Spec& loss, const Dataset& dataset);

/// The share of each class among the labels, P(ỹ=k).
std::vector<double> label_shares(std::span<const std::int32_t> labels, int classes);

/// T (K,K) as the network of a cross-entropy run sees it (Patrini et al. 2017): row i is its output
/// for the training sample that stands at the 97th percentile of p_i, as good as certainly of class i.
std::vector<double> estimate_transition(const std::string& run, const Dataset& dataset);

/// The rows of estimate_transition() from the probabilities (N,K) of all samples.
std::vector<double> transition_at_percentile(const std::vector<float>& probabilities, int classes);

}  // namespace noisegate
