// Ops of the CPU whose elements are worked out one by one.
#pragma once

#include "engine/cpu/layout.h"
#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

/// The layout that an op on two images works in: blocked as soon as one is.
inline Layout common_layout(const Tensor& a, const Tensor& b) {
  return a.layout() == b.layout() ? a.layout() : Layout::blocked16;
}

/// f(a), element by element.
template <class F>
Tensor map(const Tensor& a, F f) {
  Tensor result = Tensor::empty(a.shape(), DType::f32, Device::cpu, a.layout());
  const float* in = a.data<float>();
  float* out = result.data<float>();
  const std::int64_t count = a.numel();
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) out[i] = f(in[i]);
  return result;
}

/// f(a, b), likewise.
template <class F>
Tensor map(const Tensor& a, const Tensor& b, F f) {
  const Layout layout = common_layout(a, b);
  const Tensor left = in_layout(a, layout), right = in_layout(b, layout);
  Tensor result = Tensor::empty(a.shape(), DType::f32, Device::cpu, layout);
  const float *in = left.data<float>(), *other = right.data<float>();
  float* out = result.data<float>();
  const std::int64_t count = a.numel();
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) out[i] = f(in[i], other[i]);
  return result;
}

}  // namespace noisegate
