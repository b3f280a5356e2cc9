// Batch norm's mean and variance, from one of three sources: the moments that come with x, sums over x, or
// the running statistics.
#pragma once

#include "engine/cuda/device/column_sums.h"
#include "engine/math.h"
#include "engine/ops.h"

namespace noisegate::cuda {

/// Σ (x − shift) and Σ (x − shift)² over all rows of a channel.
struct ChannelMoments {
  double shift, sum, squares;
};

/// Computes ChannelMoments from BlockMoments, by a warp, in every lane.
struct MomentsOfBlocks {
  Span<const float> sums;
  std::int64_t rows, rows_of_block;

  NOISEGATE_DEVICE ChannelMoments operator()(const Thread& thread, std::int64_t c) const {
    const std::int64_t blocks = parts(rows, rows_of_block), channels = sums.size() / (2 * blocks);
    double sum = 0, squares = 0;
    for (std::int64_t block = thread.lane(); block < blocks; block += warp_size) {
      const std::int64_t left = rows - block * rows_of_block;
      const double of_block = sums[c * blocks + block];
      sum += of_block;
      squares += sums[(channels + c) * blocks + block] +
                 of_block * of_block / static_cast<double>(left < rows_of_block ? left : rows_of_block);
    }
    return {0, warp_sum(thread, sum), warp_sum(thread, squares)};
  }
};

/// Values are shifted by the channel's first one before they are squared, because the difference E x² − (E
/// x)² would lose its digits where the mean is large against the standard deviation.
template <class T, int width_>
struct ShiftedMoments {
  static constexpr int terms = 2, width = width_;
  using Constants = Pack<T, width>;
  using Loaded = Pack<T, width>;
  Span<const T> x;
  std::int64_t channels;

  NOISEGATE_DEVICE Constants constants(std::int64_t c) const { return x.template load<width>(c); }
  NOISEGATE_DEVICE Loaded load(std::int64_t row, std::int64_t c) const {
    return x.template load<width>(row * channels + c);
  }
  NOISEGATE_DEVICE void add(const Constants& first, const Loaded& values, std::int64_t, std::int64_t,
                            float (&sums)[terms][width]) const {
    for (int k = 0; k < width; ++k) {
      const float value = static_cast<float>(values[k]) - static_cast<float>(first[k]);
      sums[0][k] += value;
      sums[1][k] += value * value;
    }
  }
};

/// Computes ChannelMoments from the sums of ShiftedMoments, by a warp, in every lane.
template <class T>
struct MomentsOfColumns {
  Span<const float> sums;
  Span<const T> x;
  std::int64_t channels;

  NOISEGATE_DEVICE ChannelMoments operator()(const Thread& thread, std::int64_t c) const {
    return {static_cast<float>(x[c]), column_total<2>(thread, sums, channels, 0, c),
            column_total<2>(thread, sums, channels, 1, c)};
  }
};

/// Computes mean and 1/√(variance + ε) from the batch's moments, and updates the running statistics.
template <class Moments>
struct BatchStatistics {
  Moments moments;
  double size;  // number of values of a channel
  double epsilon, momentum;
  Span<float> mean, inverse_deviation, running_mean, running_variance;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t c) const {
    const ChannelMoments of_channel = moments(thread, c);
    if (thread.lane() != 0) return;
    const double shifted_mean = of_channel.sum / size, batch_mean = of_channel.shift + shifted_mean;
    const double variance = math::max(0.0, of_channel.squares / size - shifted_mean * shifted_mean);
    mean[c] = static_cast<float>(batch_mean);
    inverse_deviation[c] = static_cast<float>(math::rsqrt(variance + epsilon));
    running_mean[c] = static_cast<float>((1 - momentum) * running_mean[c] + momentum * batch_mean);
    running_variance[c] =
        static_cast<float>((1 - momentum) * running_variance[c] + momentum * variance * size / (size - 1));
  }
};

/// Computes mean and 1/√(variance + ε) from the running statistics alone.
struct RunningStatistics {
  Span<const float> running_mean, running_variance;
  double epsilon;
  Span<float> mean, inverse_deviation;

  NOISEGATE_DEVICE void operator()(std::int64_t c) const {
    mean[c] = running_mean[c];
    inverse_deviation[c] = static_cast<float>(math::rsqrt(running_variance[c] + epsilon));
  }
};

}  // namespace noisegate::cuda
