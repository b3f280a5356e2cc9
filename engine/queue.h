// A device's queue of work, as the host sees it. On the GPU, kernels and copies are put into it and run one
// after the other, while the host goes on at once; and work can be recorded instead, and then be given to the
// GPU again and again, which costs the host one call however many kernels it is. On the CPU everything is
// done when its call returns.
#pragma once

#include "engine/device.h"

#include <cstddef>
#include <memory>

namespace noisegate {

/// Work that was recorded, to be run as often as is wished. It reads and writes the memory that it was
/// recorded with.
class RecordedWork {
 public:
  virtual ~RecordedWork() = default;
  virtual void run() = 0;
};

/// A place in the queue.
class QueueMark {
 public:
  virtual ~QueueMark() = default;
  /// Until all work before it is done.
  virtual void wait() = 0;
};

class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;

  /// Until all work is done.
  virtual void wait() = 0;
  virtual std::unique_ptr<QueueMark> mark() = 0;

  /// Memory of the host that the device copies from and to by itself.
  virtual std::shared_ptr<std::byte> host_memory(std::size_t bytes) = 0;
  /// Between host_memory() and the device's memory, either way.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;

  /// Whether work may be done later than its call returns; only such work can be recorded.
  virtual bool is_asynchronous() const = 0;
  /// From here on work is recorded and not run. Until stop_recording() nothing may wait for the GPU or copy
  /// from or to the host.
  virtual void start_recording() = 0;
  virtual std::unique_ptr<RecordedWork> stop_recording() = 0;
};

/// The queue of a device. Throws Error for cuda where there is none.
DeviceQueue& device_queue(Device device);

}  // namespace noisegate
