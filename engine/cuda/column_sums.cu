#include "engine/cuda/column_sums.h"

namespace noisegate::cuda {
namespace {

struct ElementOf {
  Span<const float> x;
  std::int64_t columns;
  NOISEGATE_DEVICE Terms<1> operator()(std::int64_t row, std::int64_t column) const {
    return {{x[row * columns + column]}};
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
  const Chunks chunks(grad.numel() / columns, columns);
  const auto sums = column_sums<1>(stream, chunks, ElementOf{input(grad), columns});
  for_each_column(stream, columns, Total{sums.span(), output(totals)});
  return totals;
}

}  // namespace noisegate::cuda
