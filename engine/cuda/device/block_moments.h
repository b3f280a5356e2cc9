// Sums and squares of each channel of a batch of images by blocks of rows, as the convolution that writes the
// images has them in its registers: batch norm's statistics without another pass over memory.
#pragma once

#include "engine/cuda/device/column_sums.h"

namespace noisegate::cuda {

/// Of block b and channel c: sums[c·blocks + b] = Σ x, and sums[(channels + c)·blocks + b] = Σ (x − the
/// block's mean)², so that no digits are lost where the mean is large against the deviation.
struct BlockMoments {
  Workspace<float> sums;
  std::int64_t rows, channels, rows_of_block;

  BlockMoments(std::int64_t rows_, std::int64_t channels_, std::int64_t rows_of_block_)
      : sums(2 * channels_ * parts(rows_, rows_of_block_)),
        rows(rows_),
        channels(channels_),
        rows_of_block(rows_of_block_) {}
};

/// Σ (x − shift) and Σ (x − shift)² over all rows of a channel.
struct ChannelMoments {
  double shift, sum, squares;
};

/// These from BlockMoments, by a warp, in every lane.
struct MomentsOfBlocks {
  Span<const float> sums;
  std::int64_t rows, channels, rows_of_block;

  explicit MomentsOfBlocks(const BlockMoments& moments)
      : sums(moments.sums.span()),
        rows(moments.rows),
        channels(moments.channels),
        rows_of_block(moments.rows_of_block) {}

  NOISEGATE_DEVICE ChannelMoments operator()(const Thread& thread, std::int64_t c) const {
    const std::int64_t blocks = parts(rows, rows_of_block);
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

}  // namespace noisegate::cuda
