#include "engine/cuda/emulation/queue.h"

#include "engine/error.h"

#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <sys/mman.h>
#include <utility>

namespace noisegate::emulation {
namespace {

struct Queue {
  bool late = false, recording = false;
  std::deque<Work> waiting;
  std::uint64_t done = 0;
  std::vector<Work> recorded;
  std::map<const std::byte*, std::size_t> segments;  // of device memory, by their first bytes
};

Queue& queue() {
  static auto* one = new Queue;  // never destroyed: tensors in static storage may still be copied
  return *one;
}

/// While one lives, device memory can be reached: as on a machine with a GPU, the host itself cannot, and is
/// ended by a signal where it tries.
class DeviceMemoryOpen {
 public:
  DeviceMemoryOpen() { protect(PROT_READ | PROT_WRITE); }
  ~DeviceMemoryOpen() { protect(PROT_NONE); }
  DeviceMemoryOpen(const DeviceMemoryOpen&) = delete;
  DeviceMemoryOpen& operator=(const DeviceMemoryOpen&) = delete;

 private:
  static void protect(int access) {
    for (const auto& [first, bytes] : queue().segments)
      mprotect(const_cast<std::byte*>(first), bytes, access);
  }
};

void run(const Work& work) {
  const DeviceMemoryOpen open;
  work();
}

bool is_device_memory(const void* memory) {
  const auto* byte = static_cast<const std::byte*>(memory);
  const auto after = queue().segments.upper_bound(byte);
  if (after == queue().segments.begin()) return false;
  const auto& [first, bytes] = *std::prev(after);
  return byte < first + bytes;
}

}  // namespace

void submit(Work work) {
  Queue& q = queue();
  if (q.recording) {
    q.recorded.push_back(std::move(work));
  } else if (q.late) {
    q.waiting.push_back(std::move(work));
  } else {
    ++q.done;
    run(work);
  }
}

void submit_copy(void* to, const void* from, std::size_t bytes) {
  if (queue().recording && !(is_device_memory(to) && is_device_memory(from)))
    fail("a copy of {} bytes from or to the host stands in work that is recorded", bytes);
  submit([=] {
    if (bytes > 0) std::memcpy(to, from, bytes);
  });
}

void set_late(bool late) {
  wait();
  queue().late = late;
}

void wait() {
  wait_until(place());
}

std::uint64_t place() {
  return queue().done + queue().waiting.size();
}

void wait_until(std::uint64_t place) {
  Queue& q = queue();
  if (q.recording) fail("work that is recorded waits for the GPU");
  while (q.done < place) {
    const Work work = std::move(q.waiting.front());
    q.waiting.pop_front();
    ++q.done;
    run(work);
  }
}

void start_recording() {
  queue().recording = true;
  queue().recorded.clear();
}

std::vector<Work> stop_recording() {
  queue().recording = false;
  return std::exchange(queue().recorded, {});
}

std::byte* take_segment(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    fail("out of memory: the system has no {} MiB more for the emulated GPU", bytes >> 20);
  auto* segment = static_cast<std::byte*>(memory);
  queue().segments.emplace(segment, bytes);
  return segment;
}

}  // namespace noisegate::emulation
