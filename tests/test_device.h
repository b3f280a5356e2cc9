// Where the tests of ops put their tensors: so that the same tests hold every backend.
#pragma once

#include "engine/device.h"

namespace noisegate {

/// The CPU, unless main() says otherwise before the tests run.
inline Device test_device = Device::cpu;

}  // namespace noisegate
