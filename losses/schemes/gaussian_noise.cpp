#include "losses/schemes/gaussian_noise.h"

#include "losses/loss_kernels.h"

#include <algorithm>

namespace noisegate {

Tensor gaussian_noise(const Shape& shape, double sigma, Purpose purpose, LossStep draw, Device device,
                      std::uint32_t stream) {
  if (device == Device::cuda) return loss_kernels().noise(shape, sigma, purpose, draw, stream, {});
  // A thread begins anywhere in the stream: a block of four random numbers makes two normal ones.
  constexpr std::int64_t chunk = 1024, blocks_of_chunk = chunk / 2;
  Tensor noise = Tensor::empty(shape);
  float* values = noise.data<float>();
  const std::int64_t size = noise.numel(), chunks = (size + chunk - 1) / chunk;
#pragma omp parallel for schedule(static) if (chunks > 8)
  for (std::int64_t c = 0; c < chunks; ++c) {
    Philox random(draw.seed, purpose, draw.step, stream, static_cast<std::uint32_t>(c * blocks_of_chunk));
    const std::int64_t end = std::min(size, (c + 1) * chunk);
    for (std::int64_t i = c * chunk; i < end; ++i) values[i] = static_cast<float>(sigma) * random.normal();
  }
  return noise;
}

}  // namespace noisegate
