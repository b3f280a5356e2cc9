// Batches of images on the disk, read ahead by threads.
#pragma once

#include "datasets/augment/augment_image.h"
#include "datasets/batches/batches.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace noisegate {

class FileStream : public BatchStream {
 public:
  /// Starts thread_count() threads, which keep up to four batches ready.
  FileStream(const Dataset& dataset, const ImageSet& set, BatchPlan plan);
  ~FileStream() override;
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  std::optional<Batch> next() override;

 private:
  /// A batch that the threads are filling.
  struct Slot {
    Batch batch;
    std::vector<std::string> problems;    // one per sample; empty: no problem
    std::size_t begun = 0, finished = 0;  // numbers of samples
  };

  void open_slots();
  void work();
  Slot* slot_with_work();
  void make_sample(Slot& slot, std::size_t index) const;
  Batch take_sound(Slot slot) const;

  const Dataset& dataset_;
  const ImageSet& set_;
  BatchPlan plan_;
  PixelTable table_;

  std::mutex mutex_;  // guards all members below
  std::condition_variable work_changed_, sample_finished_;
  std::deque<Slot> slots_;  // references to a slot stay valid while others come and go
  std::size_t opened_ = 0;  // batches of the plan that have had a slot
  bool stopping_ = false;
  std::exception_ptr failure_;  // an error that is not an image's
  std::vector<std::jthread> threads_;
};

}  // namespace noisegate
