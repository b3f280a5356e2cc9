// The measurements of `noisegate bench`, one file each.
#pragma once

#include "tools/cli/command.h"

namespace noisegate {

/// Times whole training steps on random images; the arguments are those of noisegate bench step.
int bench_step(const Arguments& arguments);

/// Times ops alone, and every loss beside cross entropy.
int bench_ops(const Arguments& arguments);

/// Times every convolution of a model alone; the arguments are those of noisegate bench conv.
int bench_conv(const Arguments& arguments);

/// Times batches from JPEG files and from images in memory; the arguments are those of noisegate bench data.
int bench_data(const Arguments& arguments);

/// Times steps under each scheme beside plain ones; the arguments are those of noisegate bench schemes.
int bench_schemes(const Arguments& arguments);

/// The floating-point operations a second that this many threads reach in fused multiply-adds that never
/// leave the registers: the limit for any float32 kernel on this machine.
double measure_peak_flops(int threads);

}  // namespace noisegate
