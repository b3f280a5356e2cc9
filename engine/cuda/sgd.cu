// One launch for every parameter of a model, and one for their momentum averages: a table of the arrays
// travels as the kernel's argument, and each block finds in it which part of which array is its own.
#include "engine/cuda/backend.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"
#include "engine/sgd_update.h"

#include <vector>

namespace noisegate::cuda {
namespace {

constexpr int elements_of_block = 4096;

struct Parameter {
  Span<float> value, velocity;
  Span<const float> grad;
  float weight_decay, l1_decay;

  NOISEGATE_HD std::int64_t size() const { return value.size(); }
};

struct Averaged {
  Span<float> average;
  Span<const float> value;

  NOISEGATE_HD std::int64_t size() const { return value.size(); }
};

/// What a block has of an entry: its elements [begin, end).
template <class Entry>
struct Share {
  const Entry& entry;
  std::int64_t begin, end;
};

template <class Entry>
class Table {
 public:
  /// As many as an argument of 32 KB holds, with room for others beside the table.
  static constexpr int most = 31 * 1024 / (sizeof(Entry) + sizeof(int));

  void add(const Entry& entry) {
    entries_[count_] = entry;
    first_blocks_[count_++] = blocks_;
    blocks_ += static_cast<int>(parts(entry.size(), elements_of_block));
  }
  bool is_full() const { return count_ == most; }
  int blocks() const { return blocks_; }

  /// By halving: the last entry that begins at or before the block.
  NOISEGATE_DEVICE Share<Entry> share(int block) const {
    int low = 0, high = count_;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (first_blocks_[middle] <= block)
        low = middle;
      else
        high = middle;
    }
    const std::int64_t begin = std::int64_t{block - first_blocks_[low]} * elements_of_block;
    const std::int64_t limit = begin + elements_of_block, size = entries_[low].size();
    return {entries_[low], begin, limit < size ? limit : size};
  }

 private:
  Entry entries_[most];
  int first_blocks_[most];
  int count_ = 0, blocks_ = 0;
};

/// Tables that grow as they must: few models need a second one.
template <class Entry>
class Tables {
 public:
  void add(const Entry& entry) {
    if (tables_.empty() || tables_.back().is_full()) tables_.emplace_back();
    tables_.back().add(entry);
  }
  auto begin() const { return tables_.begin(); }
  auto end() const { return tables_.end(); }

 private:
  std::vector<Table<Entry>> tables_;
};

/// squares[block] = Σ grad² of the block's share.
struct GradientSquares {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Table<Parameter> table;
  Span<double> squares;
  int first;  // where this table's blocks begin in `squares`

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const Share<Parameter> share = table.share(thread.block());
    double sum = 0;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads) {
      const double gradient = share.entry.grad[i];
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
  Table<Parameter> table;
  SgdUpdate step;  // rate is the step's, clip and decays are each parameter's
  float clip_norm;
  Span<const float> norm;  // none: no clipping
  Span<const StepScalars> scalars;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share<Parameter> share = table.share(thread.block());
    const Parameter& parameter = share.entry;
    SgdUpdate update = step;
    update.rate = static_cast<float>(scalars[0].learning_rate);
    if (norm && norm[0] + 1e-6f > clip_norm) update.clip = clip_norm / (norm[0] + 1e-6f);
    update.weight_decay = parameter.weight_decay;
    update.l1_decay = parameter.l1_decay;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads)
      update(parameter.value[i], parameter.velocity[i], parameter.grad[i]);
  }
};

struct Average {
  static constexpr int threads = 256;
  Table<Averaged> table;
  float decay;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const Share<Averaged> share = table.share(thread.block());
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads) {
      float& average = share.entry.average[i];
      average = decay * average + (1 - decay) * share.entry.value[i];
    }
  }
};

Tensor gradient_norm(Stream stream, const Tables<Parameter>& tables) {
  int blocks = 0;
  for (const Table<Parameter>& table : tables) blocks += table.blocks();
  const Workspace<double> squares(blocks);
  int first = 0;
  for (const Table<Parameter>& table : tables) {
    launch(stream, table.blocks(), GradientSquares{table, squares.span(), first});
    first += table.blocks();
  }
  Tensor norm = empty({});
  launch(stream, 1, Norm{squares.span(), output(norm)});
  return norm;
}

}  // namespace

Tensor CudaBackend::sgd(std::span<ParameterUpdate> parameters, const SgdStep& step) {
  Tables<Parameter> tables;
  for (ParameterUpdate& update : parameters)
    tables.add({output(update.value), output(update.velocity), input(update.grad), update.weight_decay,
                update.l1_decay});
  const Tensor norm = step.clip_norm > 0 ? gradient_norm(stream_, tables) : Tensor();
  const SgdUpdate update{0, step.momentum, step.nesterov, 1, 0, 0};
  const Span<const StepScalars> scalars(step.scalars, 1);
  for (const Table<Parameter>& table : tables)
    launch(stream_, table.blocks(), Update{table, update, step.clip_norm, input(norm), scalars});
  return norm;
}

void CudaBackend::exponential_average(std::span<Tensor> averages, std::span<const Tensor> values,
                                      float decay) {
  Tables<Averaged> tables;
  for (std::size_t i = 0; i < averages.size(); ++i) tables.add({output(averages[i]), input(values[i])});
  for (const Table<Averaged>& table : tables) launch(stream_, table.blocks(), Average{table, decay});
}

}  // namespace noisegate::cuda
