#include "engine/cpu/layout.h"

#include "engine/cpu/backend.h"
#include "engine/cpu/panels.h"
#include "engine/error.h"

#include <algorithm>
#include <cstring>

#include <oneapi/dnnl/dnnl.hpp>

namespace noisegate {

bool prefers_blocks(std::int64_t channels) {
  static const bool avx512 = static_cast<unsigned>(dnnl::get_effective_cpu_isa()) >=
                             static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  return avx512 && channels % lane_count == 0;
}

Tensor in_layout(const Tensor& x, Layout layout) {
  if (x.layout() == layout) return x;
  Tensor copy = Tensor::empty(x.shape(), x.dtype(), x.device(), layout);
  copy.copy_from(x);
  return copy;
}

namespace {

template <class To, class From>
void convert(Tensor& destination, const Tensor& source) {
  const From* in = source.data<From>();
  std::transform(in, in + source.numel(), destination.data<To>(),
                 [](From value) { return static_cast<To>(static_cast<float>(value)); });
}

}  // namespace

void CpuBackend::copy(Tensor& destination, const Tensor& source) {
  if (destination.dtype() != source.dtype()) {
    if (destination.dtype() == DType::bf16)
      convert<Bfloat16, float>(destination, source.plain());
    else if (destination.layout() == Layout::plain)
      convert<float, Bfloat16>(destination, source);
    else
      copy(destination, source.to(DType::f32));
    return;
  }
  if (destination.layout() == source.layout()) {
    std::memcpy(destination.raw(), source.raw(), source.bytes());
    return;
  }
  const Panels from(source), to(destination);
  const float* in = source.data<float>();
  float* out = destination.data<float>();
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t image = 0; image < from.images(); ++image)
    for (std::int64_t block = 0; block < from.blocks(); ++block) {
      const float* read = in + from.begin(image, block);
      float* write = out + to.begin(image, block);
      for (std::int64_t pixel = 0; pixel < from.pixels(); ++pixel)
        store(write + pixel * to.stride(), load(read + pixel * from.stride(), lane_count), lane_count);
    }
}

}  // namespace noisegate
