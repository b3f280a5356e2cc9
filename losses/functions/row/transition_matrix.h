// The transition matrix T of corrected losses: K×K, row-major, T[i][j] = P(given j | true i).
#pragma once

#include "engine/registry.h"

#include <string>
#include <vector>

namespace noisegate {

/// K. Throws Error, beginning with `what`, unless the matrix is square and its rows are probabilities that
/// sum to 1 within 1e-3.
int classes_of(const std::vector<double>& matrix, const std::string& what);

/// T⁻¹. Throws Error, beginning with `what`, where T is singular.
std::vector<double> inverse_of(std::vector<double> matrix, const std::string& what);

std::vector<double> transposed(const std::vector<double>& matrix, int classes);

/// `T` and `run`, which transition_request() (losses/registry.h) reads.
std::vector<Parameter> transition_parameters();
inline constexpr const char* correction_paper =
    "Patrini et al., Making Deep Neural Networks Robust to Label Noise, CVPR 2017";

}  // namespace noisegate
