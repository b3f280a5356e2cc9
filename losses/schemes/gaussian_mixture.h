// A mixture of two Gaussians on a line, which tells clean from noisy samples by their losses.
#pragma once

#include <array>
#include <span>

namespace noisegate {

struct Gaussian {
  double weight, mean, variance;
};

/// The two components, the one of the smaller mean first. Fitted as the published trace of OGC shows it, and
/// as scikit-learn's GaussianMixture does: 2-means from the smallest and the largest value, then expectation
/// maximisation, at most ten steps or until the mean log-likelihood changes by less than 1e-3; 1e-3 is added
/// to the variances. Deterministic. `values` must hold two different finite values.
std::array<Gaussian, 2> fit_two_gaussians(std::span<const float> values);

}  // namespace noisegate
