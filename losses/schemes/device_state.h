// What schemes remember from step to step in the GPU's memory, and how the host gets at it between two
// epochs.
#pragma once

#include "engine/tensor.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace noisegate {

/// These values, of any plain type, as bytes on the GPU; waits for it.
template <class T>
Tensor to_device(std::span<const T> values) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes());
  return Tensor::from(bytes, Shape{static_cast<std::int64_t>(bytes.size())}).to(Device::cuda);
}
template <class T>
Tensor to_device(const T& value) {
  return to_device(std::span<const T>(&value, 1));
}
/// The one value that such a tensor holds; waits for the GPU.
template <class T>
T from_device(const Tensor& bytes) {
  const std::vector<std::uint8_t> copy = bytes.to_vector<std::uint8_t>();
  T value;
  std::memcpy(&value, copy.data(), sizeof value);
  return value;
}

/// What OgcThreshold (ogc.h) remembers beside the queue.
struct OgcMemory {
  std::int64_t seen;  // cross entropies so far: the next one's place in the queue is seen mod its size
  std::int64_t steps;
  double threshold;
  double components[6];  // weight, mean and variance of one, then of the other
};

/// OGC's threshold in the GPU's memory. The bisection's ten halvings can only meet the points of a grid, so
/// what the loss is there is worked out beforehand.
struct DeviceOgc {
  static constexpr int ratio_samples = 1000, halvings = 10, grid_points = (1 << halvings) + 1;
  /// What the loss of p_y is, where it is asked.
  struct Table {
    double steepness_of_sample[ratio_samples];  // at the cross entropies of clipped_gradient_ratio()
    double threshold[grid_points], tau[grid_points];
    double slope[grid_points], value[grid_points];  // as ClipPoint has them
  };
  double epsilon;
  int time_frame;
  bool lr_scaled;
  double lowest, highest;  // cross entropies that there are
  Tensor queue;            // f32
  Tensor memory;           // an OgcMemory
  Tensor table;            // a Table
  Tensor point;            // f32 (3), a ClipPoint
};

/// Label confidence's μ and the mean of C.
struct ConfidenceMemory {
  double mu, mean_confidence;
};
struct DeviceConfidence {
  double alpha, m;
  Tensor memory;  // a ConfidenceMemory
};

}  // namespace noisegate
