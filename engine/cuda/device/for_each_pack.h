// Kernels that compute the elements of a matrix one by one, with constants for each column: batch norm's.
#pragma once

#include "engine/cuda/device/launch.h"

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace noisegate::cuda {

/// An operation on a pack of `width` neighbours in a row: constants(column) is the same for all rows, and
/// store(constants, loaded, pack) computes the pack from the result of load(pack).
template <class F>
concept PackOp = requires(const F& f, const typename F::Loaded& loaded, std::int64_t column,
                          std::int64_t pack) {
  { F::width } -> std::convertible_to<int>;
  { f.load(pack) } -> std::same_as<typename F::Loaded>;
  f.store(f.constants(column), loaded, pack);
};

/// Runs the operation on every pack: a thread takes several packs of the same columns, fetches their
/// constants once, and loads some packs ahead.
template <PackOp F>
struct ForEachPack {
  static constexpr int threads = 256, ahead = 4;
  F f;
  std::int64_t count, packs_of_row;
  std::int64_t step;  // from a thread's pack to its next: a multiple of a row

  ForEachPack(const F& f_, std::int64_t elements, std::int64_t columns)
      : f(f_), count(elements / F::width), packs_of_row(columns / F::width) {
    constexpr std::int64_t enough_threads = 132 * 1024, most_of_thread = 8;
    const std::int64_t of_thread = std::clamp<std::int64_t>(count / enough_threads, 1, most_of_thread);
    step = parts(parts(count, of_thread), packs_of_row) * packs_of_row;
  }

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t first = std::int64_t{thread.block()} * threads + thread.index();
    if (first >= step) return;
    const auto constants = f.constants(first % packs_of_row * F::width);
    std::int64_t pack = first;
    for (; pack + (ahead - 1) * step < count; pack += ahead * step) {
      typename F::Loaded loaded[ahead];
      for (int i = 0; i < ahead; ++i) loaded[i] = f.load(pack + i * step);
      for (int i = 0; i < ahead; ++i) f.store(constants, loaded[i], pack + i * step);
    }
    for (; pack < count; pack += step) f.store(constants, f.load(pack), pack);
  }
};

template <PackOp F>
void for_each_pack(Stream stream, std::int64_t elements, std::int64_t columns, const F& f) {
  const ForEachPack<F> kernel(f, elements, columns);
  launch(stream, parts(kernel.step, ForEachPack<F>::threads), kernel);
}

}  // namespace noisegate::cuda
