// Transition matrices: measured from a noise model's labels, or read from files.
#pragma once

#include "noise/noise.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace noisegate {

/// The largest number of classes for a matrix with a cell for each pair of classes: a larger one would take
/// gigabytes, and no one could read it.
inline constexpr int most_classes_in_matrix = 2000;

/// Throws Error, beginning with `what`, for more classes.
void require_matrix_of(int classes, const std::string& what);

/// The transition matrix T of given labels: T(i, j) = P(given = j | true = i), as shares of the samples. Only
/// pairs that occur take memory.
class TransitionMatrix {
 public:
  /// Counts samples: given labels in [0, classes), true labels in that range or no_class. The row of a class
  /// without samples is zero. Throws Error if the two lists differ in length or a label is out of range.
  TransitionMatrix(const std::vector<std::int32_t>& truth, const std::vector<std::int32_t>& given,
                   int classes);

  int classes() const { return classes_; }
  /// `truth` may be no_class.
  double operator()(int truth, int given) const;
  std::int64_t samples(int truth) const;        // of this true class, or of none
  std::int64_t samples_given(int given) const;  // with this given label
  /// Returns the given labels of the samples of this class, or of none, in ascending order.
  std::vector<int> labels_of(int truth) const;

 private:
  int classes_;
  std::vector<std::map<int, std::int64_t>> counts_;  // (classes + 1), the first for no_class; by given label
  std::vector<std::int64_t> samples_;                // (classes + 1), the first for no_class
  std::vector<std::int64_t> samples_given_;          // (classes)
};

/// Reads T (classes, classes), row-major, from .npy or from .csv without a header, and divides each row by
/// its sum. Throws Error, beginning with `what`, for a name with neither ending, and naming the file for a
/// matrix of another size and for a row with a negative probability or a sum that is not 1 within 1e-3.
std::vector<double> load_transition(const std::string& path, int classes, const std::string& what);

/// Returns the true noise rate: the share of samples whose given label is not the true one. An image of none
/// of the classes counts as wrong.
double noise_rate(const std::vector<std::int32_t>& truth, const std::vector<std::int32_t>& given);

}  // namespace noisegate
