// NOISEGATE_HD marks a function that the CPU loops, the CUDA kernels and the tests share; NOISEGATE_DEVICE
// marks one for kernels only. NOISEGATE_UNROLL unrolls a loop over an array, which the compiler keeps in
// registers only if every index is a constant.
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
