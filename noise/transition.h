// Transition matrices: what a noise model did, measured, and given ones from files.
#pragma once

#include "noise/noise.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace noisegate {

/// A matrix with a cell for each pair of classes is made of at most so many: more would take gigabytes, and
/// nobody could look at them.
inline constexpr int most_classes_in_matrix = 2000;

/// Throws Error, beginning with `what`, where there are more.
void require_matrix_of(int classes, const std::string& what);

/// The transition matrix T of given labels: T(i, j) = P(given = j | true = i), as shares of the samples. Only
/// pairs that occur take memory.
class TransitionMatrix {
 public:
  /// Counts over samples: given labels in [0, classes), true ones in it or no_class. The row of a class
  /// without samples is zero. Throws Error where the two lists differ in length or a label is out of range.
  TransitionMatrix(const std::vector<std::int32_t>& truth, const std::vector<std::int32_t>& given,
                   int classes);

  int classes() const { return classes_; }
  /// `truth` may be no_class.
  double operator()(int truth, int given) const;
  std::int64_t samples(int truth) const;        // that are of this class, or of none
  std::int64_t samples_given(int given) const;  // that have this label
  /// The labels that samples of this class, or of none, have, in ascending order.
  std::vector<int> labels_of(int truth) const;

 private:
  int classes_;
  std::vector<std::map<int, std::int64_t>>
      counts_;                               // (classes + 1), the first that of no_class, by given label
  std::vector<std::int64_t> samples_;        // (classes + 1), likewise
  std::vector<std::int64_t> samples_given_;  // (classes)
};

/// Reads T (classes, classes), row-major, from .npy or from .csv without a header, and divides each row by
/// its sum. Throws Error, where the name ends in neither beginning with `what`, and naming the file where it
/// is of another size, or a row has a negative chance or a sum that is not 1 within 1e-3.
std::vector<double> load_transition(const std::string& path, int classes, const std::string& what);

/// The true noise rate: the share of samples whose given label is not the true one. An image of none of the
/// classes has none that is.
double noise_rate(const std::vector<std::int32_t>& truth, const std::vector<std::int32_t>& given);

}  // namespace noisegate
