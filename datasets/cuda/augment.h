// Makes a batch in one pass: computes every element from its source byte.
#pragma once

#include "datasets/batches/device_batches.h"
#include "engine/cuda/device/launch.h"

namespace noisegate::cuda {

/// Fills `out` as make_device_batch specifies; the host reads no part of the batch.
void augment(Stream stream, const DeviceBatch& batch, Tensor& out);

}  // namespace noisegate::cuda
