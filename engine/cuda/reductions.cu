#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {
namespace {

/// sums[b] = Σ of the b-th `chunk` of x, by block b.
template <class From, class To>
struct ChunkSums {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  std::int64_t chunk;
  Span<const From> x;
  Span<To> sums;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t begin = thread.block() * chunk;
    const std::int64_t end = begin + chunk < x.size() ? begin + chunk : x.size();
    double sum = 0;
    for (std::int64_t i = begin + thread.index(); i < end; i += threads) sum += x[i];
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) sums[thread.block()] = static_cast<To>(sum);
  }
};

constexpr std::int64_t chunk = 4096;

/// A warp a row.
struct RowSums {
  static constexpr int threads = 128;
  Span<const float> x;
  Span<float> sums;
  std::int64_t columns;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t row = std::int64_t{thread.block()} * (threads / warp_size) + thread.warp();
    if (row >= sums.size()) return;
    double sum = 0;
    for (std::int64_t i = thread.lane(); i < columns; i += warp_size) sum += x[row * columns + i];
    sum = warp_sum(thread, sum);
    if (thread.lane() == 0) sums[row] = static_cast<float>(sum);
  }
};

struct BroadcastRows {
  Span<const float> values;
  Span<float> out;
  std::int64_t columns;
  NOISEGATE_DEVICE void operator()(std::int64_t i) const { out[i] = values[i / columns]; }
};

struct Gather {
  Span<const float> x;
  Span<const std::int32_t> index;
  Span<float> out;
  std::int64_t columns;
  NOISEGATE_DEVICE void operator()(std::int64_t row) const { out[row] = x[row * columns + index[row]]; }
};

struct Scatter {
  Span<const float> values;
  Span<const std::int32_t> index;
  Span<float> out;
  std::int64_t columns;
  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / columns;
    out[i] = i % columns == index[row] ? values[row] : 0;
  }
};

}  // namespace

Tensor CudaBackend::sum(const Tensor& x) {
  Tensor total = empty({});
  const Workspace<double> sums(parts(x.numel(), chunk));
  launch(stream_, sums.span().size(), ChunkSums<float, double>{chunk, input(x), sums.span()});
  launch(stream_, 1, ChunkSums<double, float>{sums.span().size(), sums.span(), output(total)});
  return total;
}

Tensor CudaBackend::row_sum(const Tensor& x) {
  Tensor sums = empty({x.size(0)});
  launch(stream_, parts(x.size(0), RowSums::threads / warp_size), RowSums{input(x), output(sums), x.size(1)});
  return sums;
}

Tensor CudaBackend::broadcast_rows(const Tensor& values, std::int64_t columns) {
  Tensor result = empty({values.numel(), columns});
  for_each(stream_, result.numel(), BroadcastRows{input(values), output(result), columns});
  return result;
}

Tensor CudaBackend::gather(const Tensor& x, const Tensor& index) {
  Tensor result = empty({x.size(0)});
  for_each(stream_, x.size(0), Gather{input(x), input<std::int32_t>(index), output(result), x.size(1)});
  return result;
}

Tensor CudaBackend::scatter(const Tensor& grad, const Tensor& index, std::int64_t columns) {
  Tensor result = empty({grad.numel(), columns});
  for_each(stream_, result.numel(),
           Scatter{input(grad), input<std::int32_t>(index), output(result), columns});
  return result;
}

}  // namespace noisegate::cuda
