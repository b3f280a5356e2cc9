// Gives a program the GPU: link this folder and call offer_gpu() first of all. It is defined in offer_gpu.cu
// with CUDA, in no_gpu.cpp without it, and in tests/emulation/start.cpp for the emulated GPU.
#pragma once

namespace noisegate {

/// Registers the functions that find and start the GPU (GpuAccess); the engine calls them on first use.
void offer_gpu();

}  // namespace noisegate
