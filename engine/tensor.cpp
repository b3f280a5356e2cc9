#include "engine/tensor.h"

#include "engine/backend.h"
#include "engine/error.h"
#include "engine/memory.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace noisegate {

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::bf16:
      return 2;
    case DType::u8:
      return 1;
  }
  return 0;
}

std::string to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "float32";
    case DType::bf16:
      return "bfloat16";
    case DType::i32:
      return "int32";
    case DType::u8:
      return "uint8";
  }
  return "?";
}

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const std::int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  if (rank_ > max_rank) reject("a tensor has at most {} axes, not {}", max_rank, rank_);
  for (const std::int64_t extent : extents)
    if (extent < 0) reject("a tensor cannot have an extent of {}", extent);
  std::copy(extents.begin(), extents.end(), extents_.begin());
}

std::int64_t Shape::numel() const {
  return std::accumulate(extents_.begin(), extents_.begin() + rank_, std::int64_t{1}, std::multiplies<>());
}

std::string to_string(const Shape& shape) {
  return fmt::format("({})", fmt::join(shape.extents(), ", "));
}

Tensor Tensor::empty(Shape shape, DType dtype, Device device, Layout layout) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.device_ = device;
  tensor.layout_ = layout;
  tensor.memory_ = allocate(tensor.bytes(), device);
  return tensor;
}

Tensor Tensor::zeros(Shape shape, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  if (device == Device::cpu) {
    std::memset(tensor.raw(), 0, tensor.bytes());
  } else {
    backend(device).fill(tensor, 0);
  }
  return tensor;
}

Tensor Tensor::full(Shape shape, float value, Device device) {
  Tensor tensor = empty(shape, DType::f32, device);
  backend(device).fill(tensor, value);
  return tensor;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, Shape shape) {
  if (static_cast<std::int64_t>(values.size()) != shape.numel())
    reject("{} values do not fill a tensor of shape {}", values.size(), to_string(shape));
  Tensor tensor = empty(shape, dtype_of<T>::value);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

template <class T>
T* Tensor::data() {
  return const_cast<T*>(std::as_const(*this).data<T>());
}

template <class T>
const T* Tensor::data() const {
  if (dtype_ != dtype_of<T>::value)
    reject("a tensor of {} was read as {}", to_string(dtype_), to_string(dtype_of<T>::value));
  return reinterpret_cast<const T*>(memory_.get());
}

Tensor Tensor::reshape(Shape shape) const {
  if (shape.numel() != numel())
    reject("a tensor of shape {} cannot take the shape {}", to_string(shape_), to_string(shape));
  Tensor result = plain();
  result.shape_ = shape;
  return result;
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
  if (layout_ != Layout::plain || shape_.rank() == 0 || begin < 0 || end < begin || end > size(0))
    reject("a tensor of shape {} has no entries [{}, {})", to_string(shape_), begin, end);
  std::vector<std::int64_t> extents = shape_.extents();
  const std::size_t entry = extents.front() == 0 ? 0 : bytes() / static_cast<std::size_t>(extents.front());
  extents.front() = end - begin;
  Tensor part = *this;
  part.shape_ = Shape(extents);
  part.memory_ = {memory_, memory_.get() + static_cast<std::size_t>(begin) * entry};
  return part;
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape_, dtype_, device_, layout_);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::plain() const {
  if (layout_ == Layout::plain) return *this;
  Tensor copy = empty(shape_, dtype_, device_);
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& source) {
  const auto is_real = [](DType dtype) { return dtype == DType::f32 || dtype == DType::bf16; };
  const bool converts = dtype_ != source.dtype_;
  if (shape_ != source.shape_ || (converts && !(is_real(dtype_) && is_real(source.dtype_))))
    reject("a tensor of {} {} cannot take the values of one of {} {}", to_string(dtype_), to_string(shape_),
           to_string(source.dtype_), to_string(source.shape_));
  if (converts && device_ != source.device_) return copy_from(source.to(dtype_));
  backend(device_ == Device::cpu ? source.device_ : device_).copy(*this, source);
}

Tensor Tensor::to(Device device) const {
  if (device == device_) return *this;
  Tensor copy = empty(shape_, dtype_, device);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor copy = empty(shape_, dtype, device_);
  copy.copy_from(*this);
  return copy;
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  Tensor host = to(Device::cpu).plain();
  if (dtype_ == DType::bf16) host = host.to(dtype_of<T>::value);
  const T* values = host.data<T>();
  return {values, values + numel()};
}

double Tensor::item() const {
  if (numel() != 1) reject("a tensor of shape {} is not one value", to_string(shape_));
  switch (dtype_) {
    case DType::f32:
    case DType::bf16:
      return to_vector<float>()[0];
    case DType::i32:
      return to_vector<std::int32_t>()[0];
    case DType::u8:
      return to_vector<std::uint8_t>()[0];
  }
  return 0;
}

#define NOISEGATE_FOR_TYPE(T)                                 \
  template Tensor Tensor::from<T>(std::span<const T>, Shape); \
  template T* Tensor::data<T>();                              \
  template const T* Tensor::data<T>() const;                  \
  template std::vector<T> Tensor::to_vector<T>() const;
NOISEGATE_FOR_TYPE(float)
NOISEGATE_FOR_TYPE(Bfloat16)
NOISEGATE_FOR_TYPE(std::int32_t)
NOISEGATE_FOR_TYPE(std::uint8_t)
#undef NOISEGATE_FOR_TYPE

DType activation_dtype(Device device) {
  return device == Device::cuda && number_format() == NumberFormat::bf16 ? DType::bf16 : DType::f32;
}

Tensor concatenate(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) reject("there are no tensors to concatenate");
  std::vector<std::int64_t> extents = tensors.front().shape().extents();
  extents.front() = 0;
  for (const Tensor& tensor : tensors) extents.front() += tensor.size(0);
  Tensor whole = Tensor::empty(Shape(extents), tensors.front().dtype(), tensors.front().device());
  std::int64_t begin = 0;
  for (const Tensor& tensor : tensors) {
    whole.slice(begin, begin + tensor.size(0)).copy_from(tensor);
    begin += tensor.size(0);
  }
  return whole;
}

}  // namespace noisegate
