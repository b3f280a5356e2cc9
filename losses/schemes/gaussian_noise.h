// Gaussian noise for tensors, the same for every number of threads.
#pragma once

#include "engine/random.h"
#include "engine/tensor.h"
#include "losses/device_loss.h"

namespace noisegate {

/// sigma·z, z ~ N(0, I), of this shape; drawn from (seed, purpose, step, stream).
Tensor gaussian_noise(const Shape& shape, double sigma, Purpose purpose, LossStep draw, Device device,
                      std::uint32_t stream = 0);

}  // namespace noisegate
