// A plain value in device memory, written by one kernel for the next, or by the host for a kernel.
#pragma once

#include "engine/tensor.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace noisegate {

template <class T>
class DeviceValue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit DeviceValue(const T& value = {}, Device device = Device::cpu)
      : bytes_(bytes_of(value).to(device)) {}

  /// Returns a copy on the host. Synchronises with the device.
  T get() const {
    const std::vector<std::uint8_t> bytes = bytes_.to_vector<std::uint8_t>();
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  /// Overwrites the value in place, so that captured kernels read the new one.
  void set(const T& value) { bytes_.copy_from(bytes_of(value)); }
  void move_to(Device device) { bytes_ = bytes_.to(device); }

  Device device() const { return bytes_.device(); }
  /// Returns the value's address on the device, for kernels.
  T* data() { return static_cast<T*>(bytes_.raw()); }
  const T* data() const { return static_cast<const T*>(bytes_.raw()); }

 private:
  static Tensor bytes_of(const T& value) {
    return Tensor::from(std::span(reinterpret_cast<const std::uint8_t*>(&value), sizeof value),
                        Shape{static_cast<std::int64_t>(sizeof value)});
  }

  Tensor bytes_;
};

}  // namespace noisegate
