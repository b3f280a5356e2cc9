// NOISEGATE_HD marks a function that the CPU loops, the CUDA kernels and the tests share; NOISEGATE_DEVICE
// one of kernels alone.
#pragma once

#ifdef __CUDACC__
#define NOISEGATE_HD __host__ __device__
#define NOISEGATE_DEVICE __device__
#else
#define NOISEGATE_HD
#define NOISEGATE_DEVICE
#endif
