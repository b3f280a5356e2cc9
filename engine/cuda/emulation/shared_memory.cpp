#include "engine/cuda/emulation/shared_memory.h"

#include "engine/error.h"

namespace noisegate::emulation {
namespace {

/// Whether what happened at `before` is over at `now` for the thread of `now`.
bool ordered(const Moment& before, const Moment& now) {
  return before.thread == now.thread || before.barriers != now.barriers ||
         (before.warp() == now.warp() && before.warp_barriers != now.warp_barriers);
}

}  // namespace

void History::read(std::int64_t element) {
  const Moment now = Block::current().now();
  if (copy_under_way_)
    fail("thread {} reads element {} of shared memory while a copy to it is under way", now.thread, element);
  if (written_.thread < 0)
    fail("thread {} reads element {} of shared memory, to which nothing was written", now.thread, element);
  if (!ordered(written_, now))
    fail("race: thread {} reads element {} of shared memory, thread {} writes it, and no barrier is between",
         now.thread, element, written_.thread);

  if (read_.barriers != now.barriers) reading_warps_ = reading_lanes_ = 0;
  if (read_.warp() != now.warp() || read_.warp_barriers != now.warp_barriers) reading_lanes_ = 0;
  reading_warps_ |= 1u << now.warp();
  reading_lanes_ |= 1u << now.lane();
  read_ = now;
}

void History::write(std::int64_t element) {
  const Moment now = Block::current().now();
  if (copy_under_way_)
    fail("thread {} writes element {} of shared memory while a copy to it is under way", now.thread, element);
  if (written_.thread >= 0 && !ordered(written_, now))
    fail("race: threads {} and {} write element {} of shared memory, and no barrier is between",
         written_.thread, now.thread, element);
  const bool other_warps = (reading_warps_ & ~(1u << now.warp())) != 0;
  const bool other_lanes = read_.warp_barriers == now.warp_barriers && (reading_lanes_ & ~(1u << now.lane()));
  if (read_.barriers == now.barriers && (other_warps || other_lanes))
    fail("race: thread {} writes element {} of shared memory, others read it, and no barrier is between",
         now.thread, element);
  written_ = now;
}

void History::copy_begins(std::int64_t element) {
  write(element);
  copy_under_way_ = true;
}

void History::copy_lands(std::int64_t element) {
  copy_under_way_ = false;
  write(element);
}

void refuse_outside(const char* memory, std::int64_t index, std::int64_t count, std::int64_t size) {
  fail("thread {} reaches element {} of {}, which has {}", Block::current().now().thread,
       index < 0 ? index : index + count - 1, memory, size);
}

void require_aligned(const char* memory, const void* address, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes == 0) return;
  fail("thread {} moves {} bytes of {} at once from or to an address that is no multiple of that",
       Block::current().now().thread, bytes, memory);
}

}  // namespace noisegate::emulation
