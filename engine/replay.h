// The same work on the GPU, again and again: a training step.
#pragma once

#include "engine/queue.h"

#include <functional>
#include <memory>

namespace noisegate {

/// The first time the work is given to the GPU as it comes, kernel by kernel, so that everything is loaded
/// and has its memory. The second time it is recorded, and from then on the record is run.
class Replay {
 public:
  /// Without `records` it comes kernel by kernel every time: for tools that look at single kernels.
  explicit Replay(bool records) : records_(records) {}

  /// `work` must put the same work into the queue each time, and not wait for it. Its memory is its own
  /// (StepMemory); what is to be read afterwards it leaves in tensors that were there before.
  void run(const std::function<void()>& work);

  /// The work has changed: it is recorded anew.
  void forget() { recorded_.reset(); }

 private:
  bool records_;
  bool has_run_ = false;
  std::unique_ptr<RecordedWork> recorded_;
};

}  // namespace noisegate
