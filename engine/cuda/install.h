// The engine's part of a GPU, put in place: memory, the queue, the backend.
#pragma once

#include "engine/convolutions.h"
#include "engine/cuda/device/execution.h"
#include "engine/device.h"
#include "engine/memory.h"

#include <memory>

namespace noisegate::cuda {

/// Makes Device::cuda ready, on this stream and with memory from there. Once in a program.
void install(Stream stream, MemorySource take_segment);

/// The precision of the installed backend.
void set_number_format(NumberFormat format);
/// Leaves the installed backend's convolutions to these; null: to its own kernels.
void set_convolutions(std::unique_ptr<Convolutions> others);

}  // namespace noisegate::cuda
