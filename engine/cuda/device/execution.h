// What a kernel is written against: its Thread, SharedArray for memory that a block shares, and how a grid of
// blocks is run. nvcc takes the GPU's; a plain C++ compiler takes the model of it on the CPU, in which the
// tests run the very same kernels. docs/kernels.md shows both.
#pragma once

#ifdef __CUDACC__
#include "engine/cuda/device/gpu.h"
#else
#include "engine/cuda/emulation/cpu.h"
#endif
