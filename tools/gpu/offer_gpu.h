// How a program gets the GPU: it links what is here and calls offer_gpu() first of all. For CUDA that is
// offer_gpu.cu, for a build without it no_gpu.cpp, for the emulated GPU tests/emulation/start.cpp.
#pragma once

namespace noisegate {

/// Tells the engine how to find and start the GPU (GpuAccess), which happens when it is first asked for.
void offer_gpu();

}  // namespace noisegate
