#include "engine/gpu_bench.h"

#include "engine/error.h"

#include <optional>
#include <utility>

namespace noisegate {
namespace {

std::optional<GpuBench> bench;

}  // namespace

const GpuBench& gpu_bench() {
  if (!bench) fail("this build of Noisegate has no measurements of a GPU");
  return *bench;
}

void set_gpu_bench(GpuBench new_bench) {
  bench = std::move(new_bench);
}

}  // namespace noisegate
