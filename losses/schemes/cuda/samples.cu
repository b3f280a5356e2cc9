// What schemes draw for samples, look up for them and choose among them.
#include "engine/cuda/device/each.h"
#include "engine/random.h"
#include "losses/schemes/cuda/scheme_kernels.h"

namespace noisegate::cuda {
namespace {

/// A thread takes the two numbers that one block of Philox makes.
struct Noise {
  Span<float> out;
  float sigma;
  Purpose purpose;
  LossStep step;
  std::uint32_t stream;
  Span<const std::int32_t> labels;
  std::int64_t columns;

  NOISEGATE_DEVICE void operator()(std::int64_t block) const {
    Philox random(step.seed, purpose, step.draw(), stream, static_cast<std::uint32_t>(block));
    for (std::int64_t i = 2 * block; i < 2 * block + 2 && i < out.size(); ++i) {
      const float noise = sigma * random.normal();
      out[i] = labels && labels[i / columns] == i % columns ? noise + 1 : noise;
    }
  }
};

struct RowsOf {
  Span<const float> table;
  Span<const std::int32_t> indices;
  Span<float> out;
  std::int64_t columns;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    out[i] = table[indices[i / columns] * columns + i % columns];
  }
};

/// By each value's place among all: batches are small.
struct WeightsOfSmallest {
  Span<const float> values;
  Span<float> weights;
  std::int64_t count;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const float value = values[i];
    std::int64_t smaller = 0;
    for (std::int64_t j = 0; j < values.size(); ++j)
      smaller += values[j] < value || (values[j] == value && j < i);
    weights[i] = smaller < count ? static_cast<float>(values.size()) / static_cast<float>(count) : 0;
  }
};

}  // namespace

Tensor CudaSchemeKernels::noise(const Shape& shape, double sigma, Purpose purpose, const LossStep& step,
                                std::uint32_t stream, const Tensor& labels) {
  Tensor result = empty(shape);
  for_each(stream_of_losses, parts(result.numel(), 2),
           Noise{output(result), static_cast<float>(sigma), purpose, step, stream,
                 input<std::int32_t>(labels), labels.defined() ? shape[1] : 1});
  return result;
}

Tensor CudaSchemeKernels::rows_of(const Tensor& table, const Tensor& indices) {
  Tensor result = empty({indices.numel(), table.size(1)});
  for_each(stream_of_losses, result.numel(),
           RowsOf{input(table), input<std::int32_t>(indices), output(result), table.size(1)});
  return result;
}

Tensor CudaSchemeKernels::weights_of_smallest(const Tensor& values, std::int64_t count) {
  Tensor weights = empty_like(values);
  for_each(stream_of_losses, values.numel(), WeightsOfSmallest{input(values), output(weights), count});
  return weights;
}

}  // namespace noisegate::cuda
