// One launch for every parameter of a model: a table of them travels as the kernel's argument, and each block
// finds in it which part of which parameter is its own.
#include "engine/cuda/backend.h"
#include "engine/cuda/each.h"
#include "engine/cuda/memory.h"
#include "engine/cuda/reduce.h"
#include "engine/sgd_update.h"

#include <algorithm>
#include <vector>

namespace noisegate::cuda {
namespace {

constexpr int elements_of_block = 4096;

struct Parameter {
  Span<float> value, velocity;
  Span<const float> grad;
  float weight_decay, l1_decay;
  int first_block;
};

/// What a block has of a parameter: its elements [begin, end).
struct Share {
  const Parameter& parameter;
  std::int64_t begin, end;
};

class Table {
 public:
  /// As many as an argument holds (32 KB); larger models take several launches.
  static constexpr int most = 448;

  explicit Table(std::span<const ParameterUpdate> updates) : count_(static_cast<int>(updates.size())) {
    for (int i = 0; i < count_; ++i) {
      Tensor value = updates[i].value, velocity = updates[i].velocity;
      parameters_[i] = {output(value),           output(velocity),    input(updates[i].grad),
                        updates[i].weight_decay, updates[i].l1_decay, blocks_};
      blocks_ += static_cast<int>(parts(value.numel(), elements_of_block));
    }
  }

  int blocks() const { return blocks_; }

  /// By halving: the last parameter that begins at or before the block.
  NOISEGATE_DEVICE Share share(int block) const {
    int low = 0, high = count_;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (parameters_[middle].first_block <= block)
        low = middle;
      else
        high = middle;
    }
    const Parameter& parameter = parameters_[low];
    const std::int64_t begin = std::int64_t{block - parameter.first_block} * elements_of_block;
    const std::int64_t limit = begin + elements_of_block, size = parameter.value.size();
    return {parameter, begin, limit < size ? limit : size};
  }

 private:
  Parameter parameters_[most];
  int count_, blocks_ = 0;
};

/// squares[block] = Σ grad² of the block's share.
struct GradientSquares {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Table table;
  Span<double> squares;
  int first;  // where this table's blocks begin in `squares`

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const Share share = table.share(thread.block());
    double sum = 0;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads) {
      const double gradient = share.parameter.grad[i];
      sum += gradient * gradient;
    }
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) squares[first + thread.block()] = sum;
  }
};

/// norm[0] = √Σ squares
struct Norm {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Span<const double> squares;
  Span<float> norm;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    double sum = 0;
    for (std::int64_t i = thread.index(); i < squares.size(); i += threads) sum += squares[i];
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) norm[0] = static_cast<float>(math::sqrt(sum));
  }
};

struct Update {
  static constexpr int threads = 256;
  Table table;
  SgdUpdate step;  // clip and decays are each parameter's
  float clip_norm;
  Span<const float> norm;  // none: no clipping

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share share = table.share(thread.block());
    const Parameter& parameter = share.parameter;
    SgdUpdate update = step;
    if (norm && norm[0] + 1e-6f > clip_norm) update.clip = clip_norm / (norm[0] + 1e-6f);
    update.weight_decay = parameter.weight_decay;
    update.l1_decay = parameter.l1_decay;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads)
      update(parameter.value[i], parameter.velocity[i], parameter.grad[i]);
  }
};

struct Average {
  float decay;
  NOISEGATE_HD float operator()(float average, float value) const {
    return decay * average + (1 - decay) * value;
  }
};

Tensor gradient_norm(Stream stream, const std::vector<Table>& tables) {
  int blocks = 0;
  for (const Table& table : tables) blocks += table.blocks();
  const Workspace<double> squares(blocks);
  int first = 0;
  for (const Table& table : tables) {
    launch(stream, table.blocks(), GradientSquares{table, squares.span(), first});
    first += table.blocks();
  }
  Tensor norm = empty({});
  launch(stream, 1, Norm{squares.span(), output(norm)});
  return norm;
}

}  // namespace

Tensor CudaBackend::sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) {
  std::vector<Table> tables;
  for (std::size_t begin = 0; begin < parameters.size(); begin += Table::most)
    tables.emplace_back(
        parameters.subspan(begin, std::min<std::size_t>(Table::most, parameters.size() - begin)));
  const Tensor norm = step.clip_norm > 0 ? gradient_norm(stream_, tables) : Tensor();
  const SgdUpdate update{step.learning_rate, step.momentum, step.nesterov, 1, 0, 0};
  for (const Table& table : tables)
    launch(stream_, table.blocks(), Update{table, update, step.clip_norm, input(norm)});
  return norm;
}

void CudaBackend::exponential_average(Tensor& average, const Tensor& value, float decay) {
  map(stream_, output(average), Average{decay}, input(average), input(value));
}

}  // namespace noisegate::cuda
