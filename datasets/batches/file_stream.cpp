#include "datasets/batches/file_stream.h"

#include "datasets/image_file.h"
#include "engine/device.h"
#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace noisegate {
namespace {

constexpr std::size_t batches_ahead = 4;
constexpr int channels = 3;

/// Each image takes and frees blocks of the same sizes. By default the C library gives them back to the
/// system in between, and the next image pays for a page fault a page.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

/// The samples of `view` that are at these places.
Tensor rows_of(const Tensor& view, const std::vector<std::size_t>& places) {
  const Shape& shape = view.shape();
  const std::int64_t values = shape[1] * shape[2] * shape[3];
  Tensor rows = Tensor::empty({static_cast<std::int64_t>(places.size()), shape[1], shape[2], shape[3]});
  float* output = rows.data<float>();
  for (const std::size_t place : places)
    output = std::copy_n(view.data<float>() + static_cast<std::int64_t>(place) * values, values, output);
  return rows;
}

}  // namespace

FileStream::FileStream(const Dataset& dataset, const ImageSet& set, BatchPlan plan)
    : dataset_(dataset),
      set_(set),
      plan_(std::move(plan)),
      table_(channels, dataset.mean, dataset.deviation) {
  keep_freed_memory();
  open_slots();
  try {
    for (int i = 0; i < thread_count(); ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    // Where the system gives fewer threads, these take longer.
    if (threads_.empty()) fail("cannot start a thread to read images: {}", error.code().message());
  }
}

FileStream::~FileStream() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  work_changed_.notify_all();
}

std::optional<Batch> FileStream::next() {
  std::unique_lock lock(mutex_);
  if (slots_.empty()) return std::nullopt;
  Slot& front = slots_.front();
  sample_finished_.wait(lock, [&] { return failure_ || front.finished == front.batch.positions.size(); });
  if (failure_) std::rethrow_exception(failure_);
  Slot slot = std::move(front);
  slots_.pop_front();
  open_slots();
  lock.unlock();
  work_changed_.notify_all();
  return take_sound(std::move(slot));
}

/// Called with the lock held, but for the constructor. Memory comes from here so that the threads need none
/// from the pool.
void FileStream::open_slots() {
  for (; slots_.size() < batches_ahead && opened_ < plan_.batches.size(); ++opened_) {
    Slot slot;
    slot.batch.positions = std::move(plan_.batches[opened_]);
    const std::size_t samples = slot.batch.positions.size();
    for (const std::int32_t position : slot.batch.positions)
      if (position < 0 || position >= set_.size())
        reject("a batch asks for sample {} of a set of {}", position, set_.size());
    for (int view = 0; view < plan_.views; ++view)
      slot.batch.views.push_back(Tensor::empty(
          {static_cast<std::int64_t>(samples), dataset_.fit.height, dataset_.fit.width, channels}));
    slot.problems.resize(samples);
    slots_.push_back(std::move(slot));
  }
}

FileStream::Slot* FileStream::slot_with_work() {
  const auto has_work = [](const Slot& slot) { return slot.begun < slot.batch.positions.size(); };
  const auto found = std::find_if(slots_.begin(), slots_.end(), has_work);
  return found == slots_.end() ? nullptr : &*found;
}

void FileStream::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    Slot* slot = nullptr;
    work_changed_.wait(lock, [&] { return stopping_ || (slot = slot_with_work()); });
    if (stopping_) return;
    const std::size_t index = slot->begun++;
    lock.unlock();
    std::exception_ptr failure;
    try {
      make_sample(*slot, index);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) failure_ = failure;
    if (++slot->finished == slot->batch.positions.size() || failure) sample_finished_.notify_all();
  }
}

void FileStream::make_sample(Slot& slot, std::size_t index) const {
  const std::int32_t position = slot.batch.positions[index];
  const std::string& file = set_.files[position];
  try {
    const DecodedImage image = decode_image(read_file(file), file);
    for (int view = 0; view < plan_.views; ++view) {
      const AugmentationKey key{plan_.seed, plan_.epoch, static_cast<std::uint32_t>(position),
                                static_cast<std::uint32_t>(view)};
      Tensor& tensor = slot.batch.views[view];
      const std::int64_t values = tensor.numel() / tensor.size(0);
      augment_image(image.view(), dataset_.fit, plan_.augmentation, key, table_,
                    tensor.data<float>() + static_cast<std::int64_t>(index) * values);
    }
  } catch (const Error& error) {
    slot.problems[index] = error.what();
  }
}

/// The slot's batch without the samples that went wrong, where these may be left out.
Batch FileStream::take_sound(Slot slot) const {
  std::vector<std::size_t> sound;
  Batch batch;
  for (std::size_t i = 0; i < slot.problems.size(); ++i) {
    if (slot.problems[i].empty()) {
      sound.push_back(i);
      batch.positions.push_back(slot.batch.positions[i]);
    } else if (dataset_.skip_bad) {
      batch.left_out.push_back(slot.problems[i]);
    } else {
      reject("{}", slot.problems[i]);
    }
  }
  if (batch.left_out.empty()) return std::move(slot.batch);
  for (const Tensor& view : slot.batch.views)
    if (!sound.empty()) batch.views.push_back(rows_of(view, sound));
  return batch;
}

}  // namespace noisegate
