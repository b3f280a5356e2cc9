// A tensor: a typed, shaped block of device memory, shared by its copies.
#pragma once

#include "engine/bfloat16.h"
#include "engine/device.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

enum class DType : std::uint8_t { f32, bf16, i32, u8 };

std::size_t size_of(DType dtype);
std::string to_string(DType dtype);

template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<Bfloat16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct dtype_of<std::uint8_t> {
  static constexpr DType value = DType::u8;
};

/// Up to four extents. Images are (N, H, W, C), convolution weights (K, R, S, C): output channels, kernel
/// height, kernel width, input channels.
class Shape {
 public:
  static constexpr int max_rank = 4;

  Shape() = default;  // rank 0: a scalar
  Shape(std::initializer_list<std::int64_t> extents);
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return extents_[axis]; }
  std::int64_t numel() const;
  std::vector<std::int64_t> extents() const { return {extents_.begin(), extents_.begin() + rank_}; }
  bool operator==(const Shape& other) const = default;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

/// "(128, 32, 32, 3)"
std::string to_string(const Shape& shape);

/// The order of an image tensor's elements in memory; its shape says (N, H, W, C) in both cases.
enum class Layout : std::uint8_t {
  /// Row-major in the order of the shape, so NHWC for images.
  plain,
  /// N, C/16, H, W, 16: the fastest layout for the CPU's convolutions. Only engine/cpu makes or reads it.
  blocked16,
};

class Tensor {
 public:
  Tensor() = default;  // undefined: no memory

  static Tensor empty(Shape shape, DType dtype = DType::f32, Device device = Device::cpu,
                      Layout layout = Layout::plain);
  static Tensor zeros(Shape shape, DType dtype = DType::f32, Device device = Device::cpu);
  static Tensor full(Shape shape, float value, Device device = Device::cpu);

  /// Makes a tensor on the CPU with a copy of these values; throws Error when their number is not the
  /// shape's.
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, Shape shape) {
    return from(std::span<const T>(values), shape);
  }
  template <class T>
  static Tensor from(const std::vector<T>& values) {
    return from(std::span<const T>(values), Shape{static_cast<std::int64_t>(values.size())});
  }

  bool defined() const { return memory_ != nullptr; }
  const Shape& shape() const { return shape_; }
  std::int64_t size(int axis) const { return shape_[axis]; }
  std::int64_t numel() const { return shape_.numel(); }
  std::size_t bytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }
  Layout layout() const { return layout_; }

  /// Returns the elements; throws Error when T is not the tensor's dtype.
  template <class T>
  T* data();
  template <class T>
  const T* data() const;
  void* raw() { return memory_.get(); }
  const void* raw() const { return memory_.get(); }

  /// Returns the same memory under another shape with the same number of elements (layout plain).
  Tensor reshape(Shape shape) const;
  /// Returns entries [begin, end) of the first axis in the same memory (layout plain).
  Tensor slice(std::int64_t begin, std::int64_t end) const;
  /// Returns a copy in memory of its own, with the same values, shape and layout.
  Tensor clone() const;
  /// Returns the same values as row-major; itself if it is row-major already.
  Tensor plain() const;
  /// Copies values of the same shape and dtype into this tensor's memory, from any device and layout. float32
  /// and bfloat16 convert into each other, rounded to the nearest.
  void copy_from(const Tensor& source);
  Tensor to(Device device) const;
  /// Returns the same values as float32 or bfloat16; itself if it has that type already.
  Tensor to(DType dtype) const;

  /// Returns the values on the host, row-major in the order of the shape; bfloat16 also as float.
  template <class T>
  std::vector<T> to_vector() const;
  /// Returns the value of a tensor with one element, as a double.
  double item() const;

  /// Whether no other tensor shares the memory, so that it may be overwritten.
  bool sole_owner() const { return memory_.use_count() == 1; }

 private:
  std::shared_ptr<std::byte> memory_;
  Shape shape_;
  DType dtype_ = DType::f32;
  Device device_ = Device::cpu;
  Layout layout_ = Layout::plain;
};

/// The type of images and activations on this device, by number_format().
DType activation_dtype(Device device);

/// Joins tensors of the same shape, except for the first axis, along that axis (layout plain).
Tensor concatenate(const std::vector<Tensor>& tensors);

}  // namespace noisegate
