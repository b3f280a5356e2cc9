// The benchmarks of `noisegate bench`, one file each.
#pragma once

#include "tools/cli/command.h"

namespace noisegate {

/// Times whole training steps on random images; takes the arguments of noisegate bench step.
int bench_step(const Arguments& arguments);

/// Times single ops, and every loss in comparison with cross entropy.
int bench_ops(const Arguments& arguments);

/// Times every convolution of a model alone; takes the arguments of noisegate bench conv.
int bench_conv(const Arguments& arguments);

/// Times batches from JPEG files and from images in memory; takes the arguments of noisegate bench data.
int bench_data(const Arguments& arguments);

/// Times steps under each scheme in comparison with plain ones; takes the arguments of noisegate bench
/// schemes.
int bench_schemes(const Arguments& arguments);

/// Returns the floating-point operations per second that this many threads reach in fused multiply-adds
/// between registers: the limit for any float32 kernel on this machine.
double measure_peak_flops(int threads);

}  // namespace noisegate
