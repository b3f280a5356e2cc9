// NOISEGATE_HD marks a function that the CPU loops, the CUDA kernels and the tests share; NOISEGATE_DEVICE
// one of kernels alone. NOISEGATE_UNROLL stands before a loop over arrays that must stay in a thread's
// registers, where indices are constants alone.
#pragma once

#ifdef __CUDACC__
#define NOISEGATE_HD __host__ __device__
#define NOISEGATE_DEVICE __device__
#define NOISEGATE_UNROLL _Pragma("unroll")
#else
#define NOISEGATE_HD
#define NOISEGATE_DEVICE
#define NOISEGATE_UNROLL
#endif
