// Constants of a loss in float, for training, and in double, for tests.
#pragma once

#include <vector>

namespace noisegate {

class InBothPrecisions {
 public:
  InBothPrecisions() = default;
  explicit InBothPrecisions(const std::vector<double>& values)
      : float_(values.begin(), values.end()), double_(values) {}

  bool empty() const { return double_.empty(); }
  /// The values in the type of the argument.
  const float* data(float) const { return float_.data(); }
  const double* data(double) const { return double_.data(); }

 private:
  std::vector<float> float_;
  std::vector<double> double_;
};

}  // namespace noisegate
