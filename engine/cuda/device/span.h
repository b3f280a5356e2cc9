// An array in device memory as kernels see it: on the GPU a pointer and a size; the emulation checks every
// access against the size.
#pragma once

#include "engine/cuda/device/execution.h"
#include "engine/cuda/types/pack.h"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace noisegate::cuda {

template <class T>
class Span {
 public:
  Span() = default;  // no array: for optional arguments
  Span(T* data, std::int64_t size) : data_(data), size_(size) {}
  /// A writable array converts to a readable one.
  template <class U>
  requires std::is_same_v<const U, T> Span(const Span<U>& writable)
      : Span(writable.data(), writable.size()) {}

  T* data() const { return data_; }
  /// Whether this many bytes from the first element on may be moved at once; a slice of a tensor may begin at
  /// any element.
  bool is_aligned(std::size_t bytes) const { return reinterpret_cast<std::uintptr_t>(data_) % bytes == 0; }
  NOISEGATE_HD std::int64_t size() const { return size_; }
  NOISEGATE_HD explicit operator bool() const { return data_ != nullptr; }

  NOISEGATE_DEVICE T& operator[](std::int64_t index) const {
    require_inside("device memory", index, 1, size_);
    return data_[index];
  }
  /// Loads or stores elements from `index` on, a multiple of `count`.
  template <int count>
  NOISEGATE_DEVICE Pack<std::remove_const_t<T>, count> load(std::int64_t index) const {
    require_vector(index, count);
    return *reinterpret_cast<const Pack<std::remove_const_t<T>, count>*>(data_ + index);
  }
  template <int count>
  NOISEGATE_DEVICE void store(std::int64_t index, const Pack<T, count>& pack) const {
    require_vector(index, count);
    *reinterpret_cast<Pack<T, count>*>(data_ + index) = pack;
  }

  /// Returns an element's address, for copies.
  template <int count>
  NOISEGATE_DEVICE T* at(std::int64_t index) const {
    require_vector(index, count);
    return data_ + index;
  }

 private:
  NOISEGATE_DEVICE void require_vector(std::int64_t index, int count) const {
    require_inside("device memory", index, count, size_);
    require_aligned("device memory", data_ + index, static_cast<std::size_t>(count) * sizeof(T));
  }

  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

}  // namespace noisegate::cuda
