// A product whose depth is cut among blocks: each block stores its sums, and a second kernel adds them in a
// fixed order.
#pragma once

#include "engine/cuda/device/launch.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {

/// out[i] = Σ over the splits of sums[split·size + place(i)]: a warp's lanes take 32 neighbours of out, the
/// warps of a block every eighth split.
template <class Place>
struct AddSplits {
  static constexpr int threads = 256, warps = threads / warp_size;
  struct Shared {
    SharedArray<float, threads> of_warps;
  };
  Span<const float> sums;
  int splits;
  Span<float> out;
  Place place;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t i = std::int64_t{thread.block()} * warp_size + thread.lane();
    const std::int64_t size = sums.size() / splits;
    float sum = 0;
    if (i < out.size()) {
      const std::int64_t at = place(i);
      for (int split = thread.warp(); split < splits; split += warps) sum += sums[split * size + at];
    }
    shared.of_warps[thread.index()] = sum;
    thread.barrier();
    if (thread.warp() > 0 || i >= out.size()) return;
    for (int warp = 1; warp < warps; ++warp) sum += shared.of_warps[warp * warp_size + thread.lane()];
    out[i] = sum;
  }
};

template <class Place>
void add_splits(Stream stream, Span<const float> sums, int splits, Span<float> out, const Place& place) {
  launch(stream, parts(out.size(), warp_size), AddSplits<Place>{sums, splits, out, place});
}

}  // namespace noisegate::cuda
