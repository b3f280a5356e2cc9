
#include "losses/schemes/kernels/cpu_kernels.h"

namespace noisegate {

void CpuSchemeKernels::observe(OgcMemory& memory, const Tensor& cross_entropies, const StepScalars* scalars) {
  HostTeam team(2 * OgcTable::samples);
  const auto size = static_cast<std::size_t>(memory.options.queue);
  std::vector<double> upper(size);
  OgcUpdate<HostTeam>{memory.options.epsilon,
                      memory.options.time_frame,
                      memory.options.lr_scaled,
                      scalars,
                      {cross_entropies.data<float>(), static_cast<std::size_t>(cross_entropies.numel())},
                      {memory.queue.data<float>(), size},
                      {memory.state.data(), 1},
                      {memory.table.data(), 1},
                      upper}(team);
}

}  // namespace noisegate
