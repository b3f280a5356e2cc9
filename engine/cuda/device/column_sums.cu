#include "engine/cuda/device/column_sums.h"

namespace noisegate::cuda {
namespace {

template <class T, int width_>
struct Elements {
  static constexpr int terms = 1, width = width_;
  struct Constants {};
  using Loaded = Pack<T, width>;
  Span<const T> x;
  std::int64_t columns;

  NOISEGATE_DEVICE Constants constants(std::int64_t) const { return {}; }
  NOISEGATE_DEVICE Loaded load(std::int64_t row, std::int64_t column) const {
    return x.template load<width>(row * columns + column);
  }
  NOISEGATE_DEVICE void add(Constants, const Loaded& loaded, std::int64_t, std::int64_t,
                            float (&sums)[terms][width]) const {
    for (int k = 0; k < width; ++k) sums[0][k] += loaded[k];
  }
};

struct Total {
  Span<const float> sums;
  Span<float> totals;
  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t column) const {
    const double total = column_total<1>(thread, sums, totals.size(), 0, column);
    if (thread.lane() == 0) totals[column] = static_cast<float>(total);
  }
};

}  // namespace

Tensor bias_gradient(Stream stream, const Tensor& grad, std::int64_t columns) {
  Tensor totals = empty({columns});
  const auto add_up = [&](const auto& elements) {
    const auto sums = column_sums(stream, grad.numel() / columns, columns, elements);
    for_each_column(stream, columns, Total{sums.span(), output(totals)});
  };
  with_type(grad, [&]<class T>(std::type_identity<T>) {
    if (sums_by_packs<T>(columns) && input<T>(grad).is_aligned(16))
      add_up(Elements<T, pack_size<T>>{input<T>(grad), columns});
    else
      add_up(Elements<T, 1>{input<T>(grad), columns});
  });
  return totals;
}

}  // namespace noisegate::cuda
