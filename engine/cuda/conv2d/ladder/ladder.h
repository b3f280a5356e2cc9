// The rungs below the production kernel, for teaching (docs/kernels.md) and for `noisegate bench conv
// --ladder`: each is the forward convolution of float32 tensors of fewer than 2³¹ elements, without bias, and
// adds one idea to the one before.
#pragma once

#include "engine/cuda/conv2d/plain_convolution.h"
#include "engine/cuda/device/launch.h"
#include "engine/gpu_bench.h"

#include <vector>

namespace noisegate::cuda {

/// Tiles of both operands in shared memory; each thread computes one element, on the CUDA cores.
void shared_tiles(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y);
/// Each thread computes 4×4 elements in registers and loads four numbers at once.
void register_blocks(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                     Span<float> y);
/// The same tiles multiplied by the tensor cores, in TF32.
void tensor_cores(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                  Span<float> y);

/// Returns all rungs, the kernel by definition first.
std::vector<LadderRung> ladder(Stream stream);

}  // namespace noisegate::cuda
