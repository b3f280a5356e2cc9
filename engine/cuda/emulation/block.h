// A block of CUDA threads on the CPU: each thread is a fiber, and they take turns in a fixed order, a thread
// running until it has to wait for others. So every run of a kernel is the same, and races are found by
// reasoning about order (see shared_memory.h), not by luck.
#pragma once

#include "engine/cuda/emulation/fiber.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <typeinfo>
#include <vector>

namespace noisegate::emulation {

inline constexpr int warp_size = 32;

/// A line of a kernel's source: as a default argument, the line of the call.
struct Place {
  const char* file;
  int line;

  static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
  bool operator==(const Place& other) const { return line == other.line && !std::strcmp(file, other.file); }
};

/// The time of a thread's access. Two threads' accesses are ordered if a barrier of the block lies between
/// them or, in one warp, a barrier of the warp.
struct Moment {
  int thread;
  std::uint32_t barriers;       // of the block so far, counted from 1
  std::uint32_t warp_barriers;  // of its warp so far

  int warp() const { return thread / warp_size; }
  int lane() const { return thread % warp_size; }
};

/// The values that the lanes of a warp bring to an exchange.
template <class T>
class LaneValues {
 public:
  explicit LaneValues(const std::byte* first) : first_(first) {}
  T operator[](int lane) const {
    T value;
    std::memcpy(&value, first_ + lane * stride, sizeof value);
    return value;
  }
  static constexpr std::size_t stride = 32;

 private:
  const std::byte* first_;
};

class Block {
 public:
  /// `threads` must be whole warps.
  explicit Block(int threads);

  /// Runs kernel(thread) in every thread. Throws Error for everything that the kernel does wrong.
  void run(const std::function<void(int thread)>& kernel);

  /// The block whose thread is running.
  static Block& current();

  // The running thread calls the functions below.
  Moment now() const { return {running_, barriers_, warps_[running_ / warp_size].barriers}; }
  /// Waits for all threads of the block.
  void barrier(Place place);
  /// Waits for the warp; orders its accesses to memory.
  void warp_barrier(Place place);
  /// Waits for the warp and returns the values of all lanes to every lane. Orders no memory, as a shuffle on
  /// the GPU.
  template <class T>
  LaneValues<T> exchange(const T& own, Place place) {
    const std::byte* values = bring(own);
    meet_warp(place);
    return LaneValues<T>(values);
  }
  /// Waits for the warp and returns to every lane its own of the results(values of all lanes), which the last
  /// lane computes.
  template <class T, class Results>
  auto combine(const T& own, Place place, const Results& results) {
    using Result = typename decltype(results(LaneValues<T>(nullptr)))::value_type;
    std::byte* values = bring(own);
    if (warps_[running_ / warp_size].waiting == warp_size - 1) {
      const auto all = results(LaneValues<T>(values));
      for (int lane = 0; lane < warp_size; ++lane) put(all[lane], values, lane);
    }
    meet_warp(place);
    return LaneValues<Result>(values)[running_ % warp_size];
  }

  /// Asynchronous copies, in groups; a copy lands only when its thread waits for it.
  void copy_later(std::function<void()> copy);
  void commit_copies();
  void wait_for_copies(std::size_t groups_under_way);

 private:
  enum class State { ready, at_barrier, at_warp, returned };
  struct Thread {
    Fiber fiber;
    State state = State::ready;
    Place place{};                                          // where it waits
    std::deque<std::vector<std::function<void()>>> copies;  // by group; the last is not committed yet
  };
  struct Warp {
    int waiting = 0;
    std::uint32_t barriers = 0;
    int turn = 0;  // which of two exchanges is next: the lanes may still read the previous one
    std::array<std::array<std::byte, warp_size * LaneValues<int>::stride>, 2> values;
  };

  bool run_warp(int warp);
  void wait(State state, Place place);
  void meet_warp(Place place);
  template <class T>
  static void put(const T& value, std::byte* values, int lane) {
    static_assert(sizeof(T) <= LaneValues<T>::stride);
    std::memcpy(values + lane * LaneValues<T>::stride, &value, sizeof value);
  }
  template <class T>
  std::byte* bring(const T& own) {
    Warp& warp = warps_[running_ / warp_size];
    std::byte* values = warp.values[warp.turn].data();
    put(own, values, running_ % warp_size);
    return values;
  }
  void release(State state, int first, int count);
  [[noreturn]] void report_deadlock() const;
  Thread& running() { return threads_[running_]; }

  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  int running_ = 0;
  int at_barrier_ = 0;
  std::uint32_t barriers_ = 1;
};

/// Calls run(); puts the name of the kernel and the block in front of an Error that it throws.
void in_kernel(const std::type_info& kernel, int block, const std::function<void()>& run);

}  // namespace noisegate::emulation
