#include "engine/replay.h"

#include "engine/memory.h"

#include <exception>

namespace noisegate {
namespace {

/// Already unwinding; ending the capture may fail as well.
void abandon_recording(DeviceQueue& queue) {
  try {
    queue.stop_recording();
  } catch (const std::exception&) {
  }
}

}  // namespace

void Replay::run(const std::function<void()>& work) {
  if (!recorded_ && records_ && has_run_) {
    const StepMemory memory;
    queue_.start_recording();
    try {
      work();
    } catch (...) {
      abandon_recording(queue_);
      throw;
    }
    recorded_ = queue_.stop_recording();
  }
  if (recorded_) {
    recorded_->run();
  } else {
    const StepMemory memory;
    work();
    has_run_ = true;
  }
}

}  // namespace noisegate
