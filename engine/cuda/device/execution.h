// The interface of a kernel: its Thread, SharedArray for memory that a block shares, and the launch of a grid
// of blocks. nvcc takes the GPU's implementation; a plain C++ compiler takes the model of it on the CPU, in
// which the tests run the very same kernels. docs/kernels.md shows both.
#pragma once

#ifdef __CUDACC__
#include "engine/cuda/device/gpu.h"
#else
#include "engine/cuda/emulation/cpu.h"
#endif
