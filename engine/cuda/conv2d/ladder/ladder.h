// The rungs below the production kernel, for teaching (docs/kernels.md) and for `noisegate bench conv
// --ladder`: each is the forward convolution of float32 tensors of fewer than 2³¹ elements, without bias, and
// adds one idea to the one before.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/device/launch.h"
#include "engine/gpu_bench.h"

#include <vector>

namespace noisegate::cuda {

/// Tiles of both operands in shared memory; a thread an element, on the CUDA cores.
void shared_tiles(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y);
/// A thread 4×4 elements that it keeps in registers, and loads of four numbers at once.
void register_blocks(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                     Span<float> y);
/// The same tiles multiplied by the tensor cores, in TF32.
void tensor_cores(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y);

/// All of them, with the definition's kernel first.
std::vector<LadderRung> ladder(Stream stream);

}  // namespace noisegate::cuda
