// Tables that losses read: constants, and rows that the caller gives.
#pragma once

#include "engine/lanes.h"
#include "engine/tensor.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace noisegate {

/// Constants in float, for training, and in double, for tests.
class ConstantTable {
 public:
  ConstantTable() = default;
  /// `values` are rows of K; they are padded with zeros to whole lanes, which may then be read at once.
  ConstantTable(const std::vector<double>& values, int classes)
      : classes_(classes), stride_((classes + lane_count - 1) / lane_count * lane_count) {
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

  /// The rows in the GPU's memory, (rows,K), where the first call puts them.
  const Tensor& on_device() const {
    if (!on_device_.defined()) {
      const std::int64_t rows = static_cast<std::int64_t>(float_.size()) / stride_;
      Tensor table = Tensor::empty({rows, classes_});
      for (std::int64_t i = 0; i < rows; ++i)
        std::copy_n(row(i, float{}), classes_, table.data<float>() + i * classes_);
      on_device_ = table.to(Device::cuda);
    }
    return on_device_;
  }

 private:
  std::int64_t classes_ = 0, stride_ = 0;
  std::vector<float> float_;
  std::vector<double> double_;
  mutable Tensor on_device_;
};

/// A row of K floats of the caller's, which nothing pads.
struct GivenRow {
  const float* numbers;
  int classes;
  float operator[](int i) const { return numbers[i]; }
};

/// Rows (N,K) of the caller's.
class GivenRows {
 public:
  explicit GivenRows(Tensor rows)
      : rows_(std::move(rows)), data_(rows_.device() == Device::cpu ? rows_.data<float>() : nullptr) {}

  GivenRow row(std::int64_t index, int classes) const { return {data_ + index * classes, classes}; }
  const Tensor& on_device() const { return rows_; }

 private:
  Tensor rows_;
  const float* data_;
};

}  // namespace noisegate
