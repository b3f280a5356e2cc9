#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/random.h"

namespace noisegate::cuda {
namespace {

/// A thread takes the four elements of a row that one block of Philox decides.
template <class T>
struct Dropout {
  static constexpr int per_block = 4;
  Span<const T> x;
  Span<T> y;
  std::int64_t columns;
  float probability, factor;
  std::uint64_t seed;
  std::uint32_t step;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t blocks = parts(columns, per_block), row = i / blocks, block = i % blocks;
    Philox stream(seed, Purpose::dropout, step, static_cast<std::uint32_t>(row),
                  static_cast<std::uint32_t>(block));
    for (std::int64_t column = block * per_block; column < (block + 1) * per_block; ++column) {
      if (column == columns) return;
      const std::int64_t at = row * columns + column;
      y[at] = static_cast<T>(stream.uniform() < probability ? 0.0f : x[at] * factor);
    }
  }
};

}  // namespace

Tensor CudaBackend::dropout(const Tensor& x, float probability, std::uint64_t seed, std::uint32_t step) {
  Tensor y = empty_like(x);
  const std::int64_t rows = x.size(0), columns = rows == 0 ? 0 : x.numel() / rows;
  with_type(x, [&]<class T>(std::type_identity<T>) {
    for_each(stream_, rows * parts(columns, Dropout<T>::per_block),
             Dropout<T>{input<T>(x), output<T>(y), columns, probability, 1 / (1 - probability), seed, step});
  });
  return y;
}

}  // namespace noisegate::cuda
