// Between the GPU and the CPU, whose images may lie in blocks (Layout): the GPU knows plain ones alone.
// Between float32 and bfloat16 on the GPU itself (Tensor::copy_from sees to that).
#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"

namespace noisegate::cuda {
namespace {

/// Four elements a thread.
template <class From, class To>
struct Convert {
  static constexpr int width = 4;
  Span<const From> from;
  Span<To> to;
  bool aligned;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t first = i * width;
    if (aligned && first + width <= to.size()) {
      const Pack<From, width> values = from.template load<width>(first);
      Pack<To, width> result;
      for (int k = 0; k < width; ++k) result[k] = static_cast<To>(static_cast<float>(values[k]));
      to.template store<width>(first, result);
    } else {
      for (std::int64_t at = first; at < first + width && at < to.size(); ++at)
        to[at] = static_cast<To>(static_cast<float>(from[at]));
    }
  }
};

template <class From, class To>
void convert(Stream stream, Span<const From> from, Span<To> to) {
  using Kernel = Convert<From, To>;
  const bool aligned =
      from.is_aligned(Kernel::width * sizeof(From)) && to.is_aligned(Kernel::width * sizeof(To));
  for_each(stream, parts(to.size(), Kernel::width), Kernel{from, to, aligned});
}

}  // namespace

void CudaBackend::copy(Tensor& destination, const Tensor& source) {
  if (destination.dtype() != source.dtype()) {
    if (source.dtype() == DType::f32)
      convert(stream_, input(source), output<Bfloat16>(destination));
    else
      convert(stream_, input<Bfloat16>(source), output(destination));
    return;
  }
  if (destination.layout() != Layout::plain) {
    Tensor plain = Tensor::empty(destination.shape(), destination.dtype(), destination.device());
    copy(plain, source);
    destination.copy_from(plain);
    return;
  }
  const Tensor plain = source.plain();
  copy_bytes(stream_, destination.raw(), plain.raw(), plain.bytes());
  if (plain.device() != destination.device()) wait(stream_);
}

}  // namespace noisegate::cuda
