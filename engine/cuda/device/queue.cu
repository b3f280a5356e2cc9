#include "engine/cuda/device/queue.h"

#include <utility>

namespace noisegate::cuda {
namespace {

class Mark final : public QueueMark {
 public:
  explicit Mark(Stream stream) : event_(stream) {}
  void wait() override { event_.wait(); }

 private:
  Event event_;
};

class Record final : public RecordedWork {
 public:
  Record(Stream stream, std::unique_ptr<Graph> graph) : stream_(stream), graph_(std::move(graph)) {}
  void run() override { graph_->run(stream_); }

 private:
  Stream stream_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace

void StreamQueue::wait() {
  cuda::wait(stream_);
}

std::unique_ptr<QueueMark> StreamQueue::mark() {
  return std::make_unique<Mark>(stream_);
}

std::shared_ptr<std::byte> StreamQueue::host_memory(std::size_t bytes) {
  return pinned_memory(bytes);
}

void StreamQueue::copy(void* to, const void* from, std::size_t bytes) {
  copy_bytes(stream_, to, from, bytes);
}

void StreamQueue::start_recording() {
  start_capture(stream_);
}

std::unique_ptr<RecordedWork> StreamQueue::stop_recording() {
  return std::make_unique<Record>(stream_, stop_capture(stream_));
}

}  // namespace noisegate::cuda
