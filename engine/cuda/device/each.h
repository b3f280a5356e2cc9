// Kernels that compute every element of the output independently.
#pragma once

#include "engine/cuda/device/element_type.h"
#include "engine/cuda/device/launch.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace noisegate::cuda {

/// Calls f(i) for every i of [0, count), with one thread each.
template <class F>
struct ForEach {
  static constexpr int threads = 256;
  std::int64_t count;
  F f;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t i = std::int64_t{thread.block()} * threads + thread.index();
    if (i < count) f(i);
  }
};

template <class F>
void for_each(Stream stream, std::int64_t count, const F& f) {
  launch(stream, parts(count, ForEach<F>::threads), ForEach<F>{count, f});
}

/// out[i] = f(inputs[i]…): each thread takes 16 bytes, moved as one if they are complete and all arrays are
/// `aligned`.
template <class F, class T, int inputs>
struct Map {
  static constexpr int threads = 256, per_thread = pack_size<T>;
  F f;
  Span<T> out;
  Span<const T> in[inputs == 0 ? 1 : inputs];
  bool aligned;

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const std::int64_t first = (std::int64_t{thread.block()} * threads + thread.index()) * per_thread;
    const std::int64_t end = first + per_thread < out.size() ? first + per_thread : out.size();
    if (aligned && end - first == per_thread)
      map<per_thread>(first, std::make_integer_sequence<int, inputs>());
    else
      for (std::int64_t i = first; i < end; ++i) map<1>(i, std::make_integer_sequence<int, inputs>());
  }

 private:
  template <int count, int... input>
  NOISEGATE_DEVICE void map(std::int64_t at, std::integer_sequence<int, input...>) const {
    [[maybe_unused]] const Pack<T, count> values[] = {in[input].template load<count>(at)..., {}};
    Pack<T, count> result;
    for (int i = 0; i < count; ++i) result[i] = static_cast<T>(f(static_cast<float>(values[input][i])...));
    out.template store<count>(at, result);
  }
};

template <class F, class T, class... Inputs>
void map(Stream stream, Span<T> out, const F& f, const Inputs&... inputs) {
  using Kernel = Map<F, T, sizeof...(inputs)>;
  constexpr std::size_t bytes = Kernel::per_thread * sizeof(T);
  const bool aligned = out.is_aligned(bytes) && (inputs.is_aligned(bytes) && ...);
  launch(stream, parts(out.size(), Kernel::threads * Kernel::per_thread),
         Kernel{f, out, {inputs...}, aligned});
}

/// The same for tensors of one type.
template <class F, class... Inputs>
void map_tensors(Stream stream, Tensor& out, const F& f, const Inputs&... inputs) {
  with_type(out,
            [&]<class T>(std::type_identity<T>) { map(stream, output<T>(out), f, input<T>(inputs)...); });
}

}  // namespace noisegate::cuda
