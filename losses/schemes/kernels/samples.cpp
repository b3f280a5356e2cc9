// What schemes draw for samples, look up for them and choose among them.
#include "losses/schemes/kernels/cpu_kernels.h"

#include <algorithm>
#include <numeric>

namespace noisegate {

Tensor CpuSchemeKernels::noise(const Shape& shape, double sigma, Purpose purpose, const LossStep& step,
                               std::uint32_t stream, const Tensor& labels) {
  // A thread begins anywhere in the stream: a block of four random numbers makes two normal ones.
  constexpr std::int64_t chunk = 1024, blocks_of_chunk = chunk / 2;
  Tensor noise = Tensor::empty(shape);
  float* values = noise.data<float>();
  const std::int64_t size = noise.numel(), chunks = (size + chunk - 1) / chunk;
#pragma omp parallel for schedule(static) if (chunks > 8)
  for (std::int64_t c = 0; c < chunks; ++c) {
    Philox random(step.seed, purpose, step.draw(), stream, static_cast<std::uint32_t>(c * blocks_of_chunk));
    const std::int64_t end = std::min(size, (c + 1) * chunk);
    for (std::int64_t i = c * chunk; i < end; ++i) values[i] = static_cast<float>(sigma) * random.normal();
  }
  if (!labels.defined()) return noise;
  const std::int32_t* label = labels.data<std::int32_t>();
  for (std::int64_t i = 0; i < shape[0]; ++i, values += shape[1]) values[label[i]] += 1;
  return noise;
}

Tensor CpuSchemeKernels::rows_of(const Tensor& table, const Tensor& indices) {
  const std::int64_t rows = indices.numel(), columns = table.size(1);
  Tensor result = Tensor::empty({rows, columns});
  float* row = result.data<float>();
  const std::int32_t* index = indices.data<std::int32_t>();
  for (std::int64_t i = 0; i < rows; ++i)
    row = std::copy_n(table.data<float>() + index[i] * columns, columns, row);
  return result;
}

Tensor CpuSchemeKernels::weights_of_smallest(const Tensor& values, std::int64_t count) {
  const float* value = values.data<float>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(values.numel()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return value[i]; });
  Tensor weights = Tensor::zeros(values.shape());
  const float weight = static_cast<float>(values.numel()) / static_cast<float>(count);
  for (const std::int64_t i : std::span(order).first(static_cast<std::size_t>(count)))
    weights.data<float>()[i] = weight;
  return weights;
}

}  // namespace noisegate
