// Tensors as spans for kernels, and temporary buffers.
#pragma once

#include "engine/cuda/device/span.h"
#include "engine/memory.h"
#include "engine/tensor.h"

#include <memory>

namespace noisegate::cuda {

/// A tensor to read; no array for an undefined tensor.
template <class T = float>
Span<const T> input(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor.data<T>(), tensor.numel()};
}

/// A tensor to write.
template <class T = float>
Span<T> output(Tensor& tensor) {
  return {tensor.data<T>(), tensor.numel()};
}

inline Tensor empty(const Shape& shape, DType dtype = DType::f32) {
  return Tensor::empty(shape, dtype, Device::cuda);
}
inline Tensor empty_like(const Tensor& tensor) {
  return empty(tensor.shape(), tensor.dtype());
}

/// Temporary device buffer.
template <class T>
class Workspace {
 public:
  explicit Workspace(std::int64_t count)
      : memory_(allocate(static_cast<std::size_t>(count) * sizeof(T), Device::cuda)), count_(count) {}
  Span<T> span() const { return {reinterpret_cast<T*>(memory_.get()), count_}; }

 private:
  std::shared_ptr<std::byte> memory_;
  std::int64_t count_;
};

}  // namespace noisegate::cuda
