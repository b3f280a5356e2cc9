#include "engine/cuda/emulation/block.h"

#include "engine/error.h"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <string>
#include <utility>

namespace noisegate::emulation {
namespace {

Block* current_block = nullptr;

/// Makes a block the current one for as long as it lives.
class Entered {
 public:
  explicit Entered(Block* block) : before_(std::exchange(current_block, block)) {}
  ~Entered() { current_block = before_; }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  Block* before_;
};

}  // namespace

Block::Block(int threads) : threads_(threads), warps_(threads / warp_size) {
  if (threads < warp_size || threads > 1024 || threads % warp_size != 0)
    fail("a block of {} threads: must be whole warps, at most 32 of them", threads);
}

Block& Block::current() {
  if (!current_block) fail("no kernel is running, whose memory this is");
  return *current_block;
}

void Block::run(const std::function<void(int thread)>& kernel) {
  const int count = static_cast<int>(threads_.size());
  for (int i = 0; i < count; ++i) {
    threads_[i].state = State::ready;
    threads_[i].copies.assign(1, {});
    threads_[i].fiber.start([this, &kernel, i] {
      kernel(i);
      const auto& copies = threads_[i].copies;
      if (std::ranges::any_of(copies, [](const auto& group) { return !group.empty(); }))
        fail("thread {} returns without having waited for its asynchronous copies", i);
    });
  }
  warps_.assign(warps_.size(), {});
  at_barrier_ = 0;
  barriers_ = 1;
  const Entered entered(this);
  for (bool progress = true; progress;) {
    progress = false;
    for (int warp = 0; warp < static_cast<int>(warps_.size()); ++warp)
      while (run_warp(warp)) progress = true;
  }
  if (std::ranges::any_of(threads_, [](const Thread& thread) { return thread.state != State::returned; }))
    report_deadlock();
}

/// Gives every lane that does not wait its turn; false if all of them do.
bool Block::run_warp(int warp) {
  bool progress = false;
  for (int i = warp * warp_size; i < (warp + 1) * warp_size; ++i) {
    if (threads_[i].state != State::ready) continue;
    running_ = i;
    threads_[i].fiber.resume();
    if (threads_[i].fiber.finished()) threads_[i].state = State::returned;
    progress = true;
  }
  return progress;
}

void Block::wait(State state, Place place) {
  running().state = state;
  running().place = place;
  Fiber::pause();
}

/// Lets those of the threads go on that are in this state, where they must have come to the same place.
void Block::release(State state, int first, int count) {
  const Place place = running().place;
  for (int i = first; i < first + count; ++i) {
    if (threads_[i].state == state && !(threads_[i].place == place))
      fail(
          "threads that wait for each other wait at different places: thread {} at {}:{}, thread {} at {}:{}",
          i, threads_[i].place.file, threads_[i].place.line, running_, place.file, place.line);
    threads_[i].state = State::ready;
  }
}

void Block::barrier(Place place) {
  const int count = static_cast<int>(threads_.size());
  if (++at_barrier_ < count) return wait(State::at_barrier, place);
  running().place = place;
  release(State::at_barrier, 0, count);
  at_barrier_ = 0;
  ++barriers_;
}

void Block::meet_warp(Place place) {
  Warp& warp = warps_[running_ / warp_size];
  if (++warp.waiting < warp_size) return wait(State::at_warp, place);
  running().place = place;
  release(State::at_warp, running_ / warp_size * warp_size, warp_size);
  warp.waiting = 0;
  warp.turn = 1 - warp.turn;
}

void Block::warp_barrier(Place place) {
  Warp& warp = warps_[running_ / warp_size];
  const std::uint32_t before = warp.barriers;
  meet_warp(place);
  warp.barriers = before + 1;
}

void Block::copy_later(std::function<void()> copy) {
  running().copies.back().push_back(std::move(copy));
}

void Block::commit_copies() {
  running().copies.emplace_back();
}

void Block::wait_for_copies(std::size_t groups_under_way) {
  auto& copies = running().copies;
  while (copies.size() > groups_under_way + 1) {
    for (const auto& copy : copies.front()) copy();
    copies.pop_front();
  }
}

void Block::report_deadlock() const {
  const int count = static_cast<int>(threads_.size());
  int stuck = 0;
  while (threads_[stuck].state == State::returned) ++stuck;
  const Thread& one = threads_[stuck];
  const bool whole_block = one.state == State::at_barrier;
  int missing = whole_block ? 0 : stuck / warp_size * warp_size;
  while (missing < count - 1 && threads_[missing].state == one.state && threads_[missing].place == one.place)
    ++missing;
  const Thread& other = threads_[missing];
  fail("thread {} waits at {}:{} for all threads of its {}, but thread {} {}", stuck, one.place.file,
       one.place.line, whole_block ? "block" : "warp", missing,
       other.state == State::returned ? std::string("has returned")
                                      : fmt::format("waits at {}:{}", other.place.file, other.place.line));
}

void in_kernel(const std::type_info& kernel, int block, const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(kernel.name(), nullptr, nullptr, nullptr), std::free);
    fail("{}, block {}: {}", name.get(), block, error.what());
  }
}

}  // namespace noisegate::emulation
