// A plain value in the memory of a device: what a kernel leaves for the next one, or the host for a kernel.
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

  /// A copy on the host. Waits for the device.
  T get() const {
    const std::vector<std::uint8_t> bytes = bytes_.to_vector<std::uint8_t>();
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  /// Overwrites it where it lies, so that captured kernels find the new value.
  void set(const T& value) { bytes_.copy_from(bytes_of(value)); }
  void move_to(Device device) { bytes_ = bytes_.to(device); }

  Device device() const { return bytes_.device(); }
  /// Its address on the device, for kernels.
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
