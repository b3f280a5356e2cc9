// A training step that is captured into a graph and launched again.
#pragma once

#include "engine/queue.h"

#include <functional>
#include <memory>

namespace noisegate {

/// The first run launches the work kernel by kernel, so that every module is loaded and every block
/// allocated. If the device's stream is asynchronous, the second run captures the work into a graph, and
/// later runs launch the graph.
class Replay {
 public:
  /// Without `records` every run launches kernel by kernel: for tools that look at single kernels.
  Replay(Device device, bool records)
      : queue_(device_queue(device)), records_(records && queue_.is_asynchronous()) {}

  /// `work` must launch the same work each time and must not synchronise. It allocates from a pool of its own
  /// (StepMemory) and leaves its results in tensors that existed before.
  void run(const std::function<void()>& work);

  bool records() const { return records_; }
  /// Drops the graph because the work has changed; the next run captures it again.
  void forget() { recorded_.reset(); }

 private:
  DeviceQueue& queue_;
  bool records_;
  bool has_run_ = false;
  std::unique_ptr<RecordedWork> recorded_;
};

}  // namespace noisegate
