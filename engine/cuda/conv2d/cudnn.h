// cuDNN as the second convolution backend (--conv cudnn) and as the reference of `noisegate bench conv`. The
// build links nothing: the first use opens libcudnn.so.9, so that everything else works on a machine without
// it.
#pragma once

#include "engine/convolutions.h"
#include "engine/cuda/conv2d/precision.h"

#include <memory>

struct CUstream_st;

namespace noisegate::cuda {

/// How one of cuDNN's algorithms is chosen for the shape of a product. Only algorithms that give the same
/// bits every time are considered.
enum class CudnnChoice {
  heuristic,  // by the shape alone: the same in every run, and allowed during a capture
  measured,   // the fastest of all, each of which the first call tries: not allowed during a capture
};

/// Makes convolutions by cuDNN on this stream. Throws Error if libcudnn.so.9 is missing or does not start,
/// and if this build was made without its headers.
std::unique_ptr<Convolutions> make_cudnn(CUstream_st* stream, Precision precision, CudnnChoice choice);

}  // namespace noisegate::cuda
