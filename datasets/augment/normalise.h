// The normalisation of a byte of an image, shared by every backend.
#pragma once

#include "engine/host_device.h"

#include <cstdint>

namespace noisegate {

/// (value/255 − mean)/deviation, each step rounded to float32.
NOISEGATE_HD inline float normalised(std::uint8_t value, float mean, float deviation) {
  return (static_cast<float>(value) / 255.0f - mean) / deviation;
}

}  // namespace noisegate
