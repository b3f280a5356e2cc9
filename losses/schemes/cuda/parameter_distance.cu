// How far apart two models' parameters are: all of them in one launch, or a few.
#include "engine/cuda/device/multi_tensor.h"
#include "losses/schemes/cuda/scheme_kernels.h"

namespace noisegate::cuda {
namespace {

struct Pair {
  Span<const float> a, b;
  Span<float> to_a, to_b;  // gradients; none for the distance

  NOISEGATE_HD std::int64_t size() const { return a.size(); }
};

struct SquareOfDifference {
  NOISEGATE_DEVICE double operator()(const Pair& pair, std::int64_t i) const {
    const double difference = pair.a[i] - pair.b[i];
    return difference * difference;
  }
};
struct Itself {
  NOISEGATE_DEVICE double operator()(double sum) const { return sum; }
};

struct DistanceGradients {
  static constexpr int threads = 256;
  Table<Pair> table;
  Span<const float> grad;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share<Pair> share = table.share(thread.block());
    const Pair& pair = share.entry;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads) {
      const float gradient = 2 * grad[0] * (pair.a[i] - pair.b[i]);
      pair.to_a[i] = gradient;
      pair.to_b[i] = -gradient;
    }
  }
};

}  // namespace

Tensor CudaSchemeKernels::squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) {
  Tables<Pair> tables;
  for (std::size_t i = 0; i < a.size(); ++i) tables.add({input(a[i]), input(b[i]), {}, {}});
  return sum_over(stream_of_losses, tables, SquareOfDifference{}, Itself{});
}

std::vector<Tensor> CudaSchemeKernels::squared_distance_gradients(std::span<const Tensor> a,
                                                                  std::span<const Tensor> b,
                                                                  const Tensor& grad) {
  std::vector<Tensor> gradients;
  for (const std::span<const Tensor>& side : {a, b})
    for (const Tensor& parameter : side) gradients.push_back(empty_like(parameter));
  Tables<Pair> tables;
  for (std::size_t i = 0; i < a.size(); ++i)
    tables.add({input(a[i]), input(b[i]), output(gradients[i]), output(gradients[a.size() + i])});
  for (const Table<Pair>& table : tables)
    launch(stream_of_losses, table.blocks(), DistanceGradients{table, input(grad)});
  return gradients;
}

}  // namespace noisegate::cuda
