// The statistics of a training set that its loss needs.
#pragma once

#include "datasets/dataset.h"
#include "losses/registry.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// Returns the shares of the given labels and, for the losses that need it, the transition matrix: from its
/// file, counted, or estimated. Throws Error if it is not available.
LossSetting loss_setting(const Spec& loss, const Dataset& dataset);

/// Returns the share of each class among the labels, P(ỹ=k).
std::vector<double> label_shares(std::span<const std::int32_t> labels, int classes);

/// Estimates T (K,K) from the network of a cross-entropy run (Patrini et al. 2017): row i is its output for
/// the training sample at the 97th percentile of p_i, which is almost certainly of class i.
std::vector<double> estimate_transition(const std::string& run, const Dataset& dataset);

/// Computes the rows of estimate_transition() from the probabilities (N,K) of all samples.
std::vector<double> transition_at_percentile(const std::vector<float>& probabilities, int classes);

}  // namespace noisegate
