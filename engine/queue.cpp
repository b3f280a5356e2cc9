#include "engine/queue.h"

#include "engine/error.h"
#include "engine/gpu_platform.h"
#include "engine/memory.h"

#include <cstring>

namespace noisegate {
namespace {

/// The CPU's stream, in which every call is synchronous.
class HostQueue final : public DeviceQueue {
 public:
  void wait() override {}
  std::unique_ptr<QueueMark> mark() override { return std::make_unique<Done>(); }
  std::shared_ptr<std::byte> host_memory(std::size_t bytes) override { return allocate(bytes, Device::cpu); }
  void copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  bool is_asynchronous() const override { return false; }
  void start_recording() override { fail("work of the CPU cannot be recorded"); }
  std::unique_ptr<RecordedWork> stop_recording() override { return nullptr; }

 private:
  struct Done final : QueueMark {
    void wait() override {}
  };
};

}  // namespace

DeviceQueue& device_queue(Device device) {
  static HostQueue host_queue;
  if (device == Device::cpu) return host_queue;
  return *require_gpu().queue;
}

}  // namespace noisegate
