// cuDNN as the second convolution backend (--conv cudnn) and as the yardstick of `noisegate bench conv`.
// Nothing is linked: libcudnn.so.9 is opened when it is asked for, so that a machine without it runs all the
// rest.
#pragma once

#include "engine/convolutions.h"
#include "engine/cuda/conv2d/precision.h"

#include <memory>

struct CUstream_st;

namespace noisegate::cuda {

/// How one of cuDNN's algorithms is chosen for a product of some shape. Only those that give the same bits
/// every time are asked.
enum class CudnnChoice {
  heuristic,  // by the shape alone: the same in every run, and while a step is captured
  measured,   // the fastest of all, each of which is tried the first time: not while a step is captured
};

/// Convolutions by cuDNN on this stream. Throws Error where libcudnn.so.9 is not there or does not start, and
/// where this build was made without its headers.
std::unique_ptr<Convolutions> make_cudnn(CUstream_st* stream, Precision precision, CudnnChoice choice);

}  // namespace noisegate::cuda
