// The transition matrix T of corrected losses: K×K, row-major, T[i][j] = P(given j | true i).
#pragma once

#include <string>
#include <vector>

namespace noisegate {

/// K. Throws Error, beginning with `what`, unless the matrix is square and its rows are probabilities that
/// sum to 1 within 1e-3.
int classes_of(const std::vector<double>& matrix, const std::string& what);

/// T⁻¹. Throws Error, beginning with `what`, where T is singular.
std::vector<double> inverse_of(std::vector<double> matrix, const std::string& what);

}  // namespace noisegate
