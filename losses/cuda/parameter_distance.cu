// How far apart two models' parameters are: all of them in one launch, or a few, from a table of them that
// travels as the kernel's argument.
#include "engine/cuda/device/reduce.h"
#include "losses/cuda/loss_kernels.h"

#include <algorithm>

namespace noisegate::cuda {
namespace {

constexpr int elements_of_block = 4096;

struct Pair {
  Span<const float> a, b;
  Span<float> to_a, to_b;  // gradients; none for the distance
  int first_block;
};

struct PairTable {
  static constexpr int most = 384;  // an argument holds 32 KB
  Pair pairs[most];
  int count = 0, blocks = 0;

  NOISEGATE_DEVICE const Pair& pair_of(int block) const {
    int low = 0, high = count;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (pairs[middle].first_block <= block)
        low = middle;
      else
        high = middle;
    }
    return pairs[low];
  }
};

struct SquaresOfBlocks {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  PairTable table;
  Span<double> squares;
  int first;  // where this table's blocks begin in `squares`

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const Pair& pair = table.pair_of(thread.block());
    const std::int64_t begin = std::int64_t{thread.block() - pair.first_block} * elements_of_block;
    double sum = 0;
    for (std::int64_t i = begin + thread.index(); i < begin + elements_of_block && i < pair.a.size();
         i += threads) {
      const double difference = pair.a[i] - pair.b[i];
      sum += difference * difference;
    }
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) squares[first + thread.block()] = sum;
  }
};

struct SumOfSquares {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Span<const double> squares;
  Span<float> total;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    double sum = 0;
    for (std::int64_t i = thread.index(); i < squares.size(); i += threads) sum += squares[i];
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) total[0] = static_cast<float>(sum);
  }
};

struct DistanceGradients {
  static constexpr int threads = 256;
  PairTable table;
  Span<const float> grad;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Pair& pair = table.pair_of(thread.block());
    const std::int64_t begin = std::int64_t{thread.block() - pair.first_block} * elements_of_block;
    for (std::int64_t i = begin + thread.index(); i < begin + elements_of_block && i < pair.a.size();
         i += threads) {
      const float gradient = 2 * grad[0] * (pair.a[i] - pair.b[i]);
      pair.to_a[i] = gradient;
      pair.to_b[i] = -gradient;
    }
  }
};

/// Tables of all pairs; `gradients`, those to a and then those to b, may be empty.
std::vector<PairTable> tables_of(std::span<const Tensor> a, std::span<const Tensor> b,
                                 std::span<Tensor> gradients) {
  std::vector<PairTable> tables;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i % PairTable::most == 0) tables.emplace_back();
    PairTable& table = tables.back();
    Pair& pair = table.pairs[table.count++];
    pair = {input(a[i]), input(b[i]), {}, {}, table.blocks};
    if (!gradients.empty()) {
      pair.to_a = output(gradients[i]);
      pair.to_b = output(gradients[a.size() + i]);
    }
    table.blocks += static_cast<int>(parts(a[i].numel(), elements_of_block));
  }
  return tables;
}

}  // namespace

Tensor CudaLossKernels::squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) {
  const std::vector<PairTable> tables = tables_of(a, b, {});
  int blocks = 0;
  for (const PairTable& table : tables) blocks += table.blocks;
  const Workspace<double> squares(blocks);
  int first = 0;
  for (const PairTable& table : tables) {
    launch(stream_of_losses, table.blocks, SquaresOfBlocks{table, squares.span(), first});
    first += table.blocks;
  }
  Tensor total = empty({});
  launch(stream_of_losses, 1, SumOfSquares{squares.span(), output(total)});
  return total;
}

std::vector<Tensor> CudaLossKernels::squared_distance_gradients(std::span<const Tensor> a,
                                                                std::span<const Tensor> b,
                                                                const Tensor& grad) {
  std::vector<Tensor> gradients;
  for (const std::span<const Tensor>& side : {a, b})
    for (const Tensor& parameter : side) gradients.push_back(empty_like(parameter));
  for (const PairTable& table : tables_of(a, b, gradients))
    launch(stream_of_losses, table.blocks, DistanceGradients{table, input(grad)});
  return gradients;
}

}  // namespace noisegate::cuda
