// A table of constants of a loss in float, for training, and in double, for tests.
#pragma once

#include "engine/cpu/lanes.h"

#include <cstdint>
#include <vector>

namespace noisegate {

class InBothPrecisions {
 public:
  InBothPrecisions() = default;
  /// `values` are rows of K; they are padded with zeros to whole lanes, which may then be read at once.
  InBothPrecisions(const std::vector<double>& values, int classes)
      : stride_((classes + lane_count - 1) / lane_count * lane_count) {
    for (std::size_t begin = 0; begin < values.size(); begin += classes) {
      const auto row = values.begin() + static_cast<std::ptrdiff_t>(begin);
      double_.insert(double_.end(), row, row + classes);
      double_.resize((begin / classes + 1) * stride_);
    }
    float_.assign(double_.begin(), double_.end());
  }

  /// A row, in the type of the second argument.
  const float* row(std::int64_t index, float) const { return &float_[index * stride_]; }
  const double* row(std::int64_t index, double) const { return &double_[index * stride_]; }

 private:
  std::int64_t stride_ = 0;
  std::vector<float> float_;
  std::vector<double> double_;
};

}  // namespace noisegate
