// A device's stream of work, seen from the host. On the GPU, kernels and copies run one after the other,
// asynchronously to the host. Work can also be captured into a graph, which the host then launches by one
// call, however many kernels it has. On the CPU every call returns with its work done.
#pragma once

#include "engine/device.h"

#include <cstddef>
#include <memory>

namespace noisegate {

/// Captured work that can be run any number of times. It reads and writes the memory that it was captured
/// with.
class RecordedWork {
 public:
  virtual ~RecordedWork() = default;
  virtual void run() = 0;
};

/// A point in the stream.
class QueueMark {
 public:
  virtual ~QueueMark() = default;
  /// Blocks until all work before it is done.
  virtual void wait() = 0;
};

class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;

  /// Blocks until all work is done.
  virtual void wait() = 0;
  virtual std::unique_ptr<QueueMark> mark() = 0;

  /// Allocates host memory that the device copies from and to by itself.
  virtual std::shared_ptr<std::byte> host_memory(std::size_t bytes) = 0;
  /// Copies between host_memory() and the device's memory, in either direction.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;

  /// Whether calls return before their work is done; only such work can be captured.
  virtual bool is_asynchronous() const = 0;
  /// From here on the stream captures work and does not run it. Until stop_recording() no call may
  /// synchronise with the GPU or copy from or to the host.
  virtual void start_recording() = 0;
  virtual std::unique_ptr<RecordedWork> stop_recording() = 0;
};

/// Returns the stream of a device. Throws Error for cuda if there is none.
DeviceQueue& device_queue(Device device);

}  // namespace noisegate
