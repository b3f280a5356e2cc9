// The same work on a device, again and again: a training step.
#pragma once

#include "engine/queue.h"

#include <functional>
#include <memory>

namespace noisegate {

/// The first time the work is given to the device as it comes, kernel by kernel, so that everything is loaded
/// and has its memory. Where the device's queue is asynchronous, the second time it is recorded, and from then on
/// the record is run.
class Replay {
 public:
  /// Without `records` it comes kernel by kernel every time: for tools that look at single kernels.
  Replay(Device device, bool records)
      : queue_(device_queue(device)), records_(records && queue_.is_asynchronous()) {}

  /// `work` must put the same work into the queue each time, and not wait for it. Its memory is its own
  /// (StepMemory); what is to be read afterwards it leaves in tensors that were there before.
  void run(const std::function<void()>& work);

  bool records() const { return records_; }
  /// The work has changed: it is recorded anew.
  void forget() { recorded_.reset(); }

 private:
  DeviceQueue& queue_;
  bool records_;
  bool has_run_ = false;
  std::unique_ptr<RecordedWork> recorded_;
};

}  // namespace noisegate
