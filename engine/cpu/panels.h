// Views of images as panels of sixteen channels, in either layout.
#pragma once

#include "engine/lanes.h"
#include "engine/tensor.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace noisegate {

/// A tensor of images seen as panels of sixteen channels: pixel i of panel (n, block) lies at begin(n, block)
/// + i·stride(). The stride is 16 in blocked16 and C in plain. A matrix (N,C) is one image of N pixels.
class Panels {
 public:
  explicit Panels(const Tensor& x) : blocked_(x.layout() == Layout::blocked16) {
    const bool image = x.shape().rank() == 4;
    channels_ = x.size(x.shape().rank() - 1);
    images_ = image ? x.size(0) : 1;
    pixels_ = image ? x.size(1) * x.size(2) : x.numel() / std::max<std::int64_t>(channels_, 1);
  }

  std::int64_t images() const { return images_; }
  std::int64_t pixels() const { return pixels_; }
  std::int64_t channels() const { return channels_; }
  std::int64_t blocks() const { return (channels_ + lane_count - 1) / lane_count; }
  std::int64_t stride() const { return blocked_ ? lane_count : channels_; }
  /// Returns how many channels block `block` has: sixteen, except in the last block of a plain tensor.
  int lanes(std::int64_t block) const {
    return static_cast<int>(std::min<std::int64_t>(lane_count, channels_ - block * lane_count));
  }
  std::int64_t begin(std::int64_t image, std::int64_t block) const {
    return blocked_ ? (image * blocks() + block) * pixels_ * lane_count
                    : image * pixels_ * channels_ + block * lane_count;
  }

 private:
  bool blocked_;
  std::int64_t images_, pixels_, channels_;
};

/// Calls body(image, block, count) for every panel, on all threads. count is the number of channels: for full
/// panels a constant 16, so that the compiler drops the tail's code there.
template <class Body>
void for_each_panel(const Panels& panels, Body body) {
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t image = 0; image < panels.images(); ++image)
    for (std::int64_t block = 0; block < panels.blocks(); ++block)
      if (panels.lanes(block) == lane_count) {
        body(image, block, std::integral_constant<int, lane_count>());
      } else {
        body(image, block, panels.lanes(block));
      }
}

}  // namespace noisegate
