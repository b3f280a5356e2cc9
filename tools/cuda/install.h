// Everything that Noisegate has for a GPU, put in place: the queue, the backend, the kernels of the rooms.
#pragma once

#include "engine/device.h"
#include "engine/memory.h"

#include "engine/cuda/execution.h"

namespace noisegate::cuda {

/// Makes Device::cuda ready, on this stream and with memory from there. Once in a program.
void install(Stream stream, MemorySource take_segment);

/// The precision of the installed backend.
void set_precision(noisegate::Precision precision);

}  // namespace noisegate::cuda
