#include "engine/cuda/types/grid.h"

#include "engine/error.h"

#include <limits>

namespace noisegate::cuda {

void require_grid(std::int64_t blocks) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (blocks > most) fail("a kernel in {} blocks: CUDA has at most {}", blocks, most);
}

}  // namespace noisegate::cuda
