#pragma once

#include "losses/rows/row_block.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace noisegate {

/// Calls body(blocks, first sample, count) until every sample was in one call; `blocks` are this thread's,
/// one for each view, which have room for `count` samples.
template <class P, class Body>
void for_each_block(const LossBatch& batch, int views, Body body) {
  // Below this many logits a second thread costs more than it takes over.
  constexpr std::int64_t least_for_threads = 1 << 15;
  const auto samples = static_cast<std::int64_t>(batch.labels.size());
#pragma omp parallel if (samples * batch.classes >= least_for_threads)
  {
    std::vector<RowBlock<P>> blocks(views, RowBlock<P>(batch));
    const std::int64_t capacity = blocks.front().capacity;
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < samples; first += capacity)
      body(blocks, first, static_cast<int>(std::min(capacity, samples - first)));
  }
}

}  // namespace noisegate
