#include "losses/functions/row/transition_matrix.h"

#include "engine/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace noisegate {

int classes_of(const std::vector<double>& matrix, const std::string& what) {
  const auto classes = static_cast<int>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
  if (classes < 2 || std::size_t(classes) * classes != matrix.size())
    reject("{}: a transition matrix is square, with two classes or more; {} numbers are not", what,
           matrix.size());
  for (int i = 0; i < classes; ++i) {
    const auto row = matrix.begin() + std::ptrdiff_t{i} * classes;
    const double sum = std::accumulate(row, row + classes, 0.0);
    const bool probabilities = std::all_of(row, row + classes, [](double p) { return p >= 0 && p <= 1; });
    if (!probabilities || !(std::abs(sum - 1) <= 1e-3))
      reject("{}: row {} of the transition matrix is no distribution: its sum is {}", what, i, sum);
  }
  return classes;
}

// Gauss and Jordan with the largest pivot of each column.
std::vector<double> inverse_of(std::vector<double> matrix, const std::string& what) {
  const int n = classes_of(matrix, what);
  std::vector<double> inverse(matrix.size());
  for (int i = 0; i < n; ++i) inverse[i * n + i] = 1;
  const auto row = [n](std::vector<double>& values, int i) { return values.begin() + std::ptrdiff_t{i} * n; };
  const auto subtract = [&](std::vector<double>& values, int from, int pivot, double factor) {
    std::transform(row(values, from), row(values, from) + n, row(values, pivot), row(values, from),
                   [factor](double a, double b) { return a - factor * b; });
  };
  for (int column = 0; column < n; ++column) {
    int pivot = column;
    for (int i = column + 1; i < n; ++i)
      if (std::abs(matrix[i * n + column]) > std::abs(matrix[pivot * n + column])) pivot = i;
    const double value = matrix[pivot * n + column];
    if (std::abs(value) < 1e-10)
      reject("{}: the transition matrix has no inverse; use forward correction", what);
    for (std::vector<double>* values : {&matrix, &inverse}) {
      if (pivot != column)
        std::swap_ranges(row(*values, pivot), row(*values, pivot) + n, row(*values, column));
      std::for_each(row(*values, column), row(*values, column) + n, [value](double& x) { x /= value; });
    }
    for (int i = 0; i < n; ++i) {
      if (i == column) continue;
      const double factor = matrix[i * n + column];
      subtract(matrix, i, column, factor);
      subtract(inverse, i, column, factor);
    }
  }
  return inverse;
}

std::vector<double> transposed(const std::vector<double>& matrix, int classes) {
  std::vector<double> result;
  for (int j = 0; j < classes; ++j)
    for (int i = 0; i < classes; ++i) result.push_back(matrix[i * classes + j]);
  return result;
}

std::vector<Parameter> transition_parameters() {
  return {parameter::path("T", "a file, or true, or estimate, with run"),
          parameter::path("run", "a run by cross entropy, to estimate it from")};
}

}  // namespace noisegate
