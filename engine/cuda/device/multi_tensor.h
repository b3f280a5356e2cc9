// One launch for many arrays: a table of them travels as the kernel's argument, and each block finds in it
// which part of which array is its own.
#pragma once

#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

#include <cstdint>
#include <vector>

namespace noisegate::cuda {

constexpr int elements_of_block = 4096;

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

/// sums[first + block] = Σ term(entry, i) over the block's share.
template <class Entry, class Term>
struct SumsOfShares {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Table<Entry> table;
  Term term;
  Span<double> sums;
  int first;  // where this table's blocks begin in `sums`

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const Share<Entry> share = table.share(thread.block());
    double sum = 0;
    for (std::int64_t i = share.begin + thread.index(); i < share.end; i += threads)
      sum += term(share.entry, i);
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) sums[first + thread.block()] = sum;
  }
};

/// result[0] = finish(Σ sums)
template <class Finish>
struct SumOfSums {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
  };
  Span<const double> sums;
  Span<float> result;
  Finish finish;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    double sum = 0;
    for (std::int64_t i = thread.index(); i < sums.size(); i += threads) sum += sums[i];
    sum = block_sum(thread, shared.of_warps, sum);
    if (thread.index() == 0) result[0] = static_cast<float>(finish(sum));
  }
};

/// finish(Σ term(entry, i)) over all elements i of all entries, summed in double: a scalar.
template <class Entry, class Term, class Finish>
Tensor sum_over(Stream stream, const Tables<Entry>& tables, const Term& term, const Finish& finish) {
  int blocks = 0;
  for (const Table<Entry>& table : tables) blocks += table.blocks();
  const Workspace<double> sums(blocks);
  int first = 0;
  for (const Table<Entry>& table : tables) {
    launch(stream, table.blocks(), SumsOfShares<Entry, Term>{table, term, sums.span(), first});
    first += table.blocks();
  }
  Tensor result = empty({});
  launch(stream, 1, SumOfSums<Finish>{sums.span(), output(result), finish});
  return result;
}

}  // namespace noisegate::cuda
