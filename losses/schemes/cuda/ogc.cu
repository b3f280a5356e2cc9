// OGC's threshold (losses/schemes/kernels/ogc_update.h) by one block.
#include "losses/schemes/cuda/block_team.h"
#include "losses/schemes/cuda/scheme_kernels.h"

namespace noisegate::cuda {

void CudaSchemeKernels::observe(OgcMemory& memory, const Tensor& cross_entropies,
                                const StepScalars* scalars) {
  constexpr int threads = 256, scratch = 2 * OgcTable::samples;
  using Update = OgcUpdate<BlockTeam<threads, scratch>>;
  const Workspace<double> upper(memory.queue.numel());
  const Update update{memory.options.epsilon,
                      memory.options.time_frame,
                      memory.options.lr_scaled,
                      scalars,
                      input(cross_entropies),
                      output(memory.queue),
                      {memory.state.data(), 1},
                      {memory.table.data(), 1},
                      upper.span()};
  launch(stream_of_losses, 1, TeamKernel<Update, threads, scratch>{update});
}

}  // namespace noisegate::cuda
