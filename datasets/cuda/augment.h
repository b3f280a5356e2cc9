// A batch in one pass: every element of it is worked out from the byte that it comes from.
#pragma once

#include "datasets/batches/device_batches.h"
#include "engine/cuda/device/launch.h"

namespace noisegate::cuda {

/// Fills `out` with what make_device_batch says; nothing of the batch is read on the host.
void augment(Stream stream, const DeviceBatch& batch, Tensor& out);

}  // namespace noisegate::cuda
