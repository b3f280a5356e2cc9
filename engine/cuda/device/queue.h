// DeviceQueue (engine/queue.h) on a CUDA stream.
#pragma once

#include "engine/cuda/device/launch.h"
#include "engine/queue.h"

namespace noisegate::cuda {

class StreamQueue final : public DeviceQueue {
 public:
  explicit StreamQueue(Stream stream) : stream_(stream) {}

  void wait() override;
  std::unique_ptr<QueueMark> mark() override;
  std::shared_ptr<std::byte> host_memory(std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  bool is_asynchronous() const override { return true; }
  void start_recording() override;
  std::unique_ptr<RecordedWork> stop_recording() override;

 private:
  Stream stream_;
};

}  // namespace noisegate::cuda
