// What the schemes need on the GPU.
#pragma once

namespace noisegate::cuda {

/// Makes the schemes' kernels known to the CPU's code, which finds none before; all their work goes to the
/// losses' stream. Called once, after set_cuda_losses().
void set_cuda_schemes();

}  // namespace noisegate::cuda
