// The start of the emulated GPU.
#include "engine/cuda/conv2d/ladder/ladder.h"
#include "engine/cuda/emulation/queue.h"
#include "engine/cuda/install.h"
#include "tools/gpu/install_kernels.h"
#include "tools/gpu/offer_gpu.h"

#include <string>

namespace noisegate {
namespace {

std::string missing() {
  return {};
}

/// Of no GPU that there is.
GpuLimits limits() {
  return {.name = "emulation",
          .bytes_per_second = 1e12,
          .fp32_flops = 1e12,
          .tf32_flops = 4e12,
          .bf16_flops = 8e12,
          .multiprocessors = 1};
}

void start(NumberFormat format) {
  static bool started = false;
  if (!started) {
    cuda::install({}, {.take_segment = emulation::take_segment, .bench = {limits, cuda::ladder({}), {}}});
    cuda::install_kernels({});
    emulation::set_late(true);  // as a real one: whoever does not wait sees what was there before
    started = true;
  }
  cuda::set_number_format(format);
}

}  // namespace

void offer_gpu() {
  set_gpu_access({missing, start});
}

}  // namespace noisegate
