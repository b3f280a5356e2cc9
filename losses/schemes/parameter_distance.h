// How far apart the parameters of two models are.
#pragma once

#include "engine/autograd.h"

#include <span>

namespace noisegate {

/// ‖a − b‖² over all parameters of both, which have the same shapes in the same order: a scalar.
Variable squared_distance(std::span<const Variable> a, std::span<const Variable> b);

}  // namespace noisegate
