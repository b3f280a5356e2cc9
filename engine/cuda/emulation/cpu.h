// The execution of kernels on the CPU, under the names of engine/cuda/device/gpu.h: runs one block after the
// other, its threads in turns (block.h), and checks every access to memory.
#pragma once

#include "engine/cuda/emulation/block.h"
#include "engine/cuda/emulation/matrix.h"
#include "engine/cuda/emulation/queue.h"
#include "engine/cuda/emulation/shared_memory.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <typeinfo>
#include <utility>
#include <vector>

namespace noisegate::cuda {

/// The emulated GPU has one stream.
struct Stream {};

using emulation::number_of_tf32;
using emulation::require_aligned;
using emulation::require_inside;
using emulation::round_to_tf32;
using emulation::SharedArray;

class Thread {
  using Place = emulation::Place;

 public:
  Thread(int index, int block, int blocks) : index_(index), block_(block), blocks_(blocks) {}

  int index() const { return index_; }
  int lane() const { return index_ % emulation::warp_size; }
  int warp() const { return index_ / emulation::warp_size; }
  int block() const { return block_; }
  int blocks() const { return blocks_; }

  void barrier(Place place = Place::here()) const { model().barrier(place); }
  void warp_barrier(Place place = Place::here()) const { model().warp_barrier(place); }

  template <class T>
  T shuffle(T value, int from_lane, Place place = Place::here()) const {
    return model().exchange(value, place)[from_lane];
  }
  template <class T>
  T shuffle_xor(T value, int mask, Place place = Place::here()) const {
    return model().exchange(value, place)[lane() ^ mask];
  }
  bool any(bool vote, Place place = Place::here()) const { return ballot(vote, place) != 0; }
  bool all(bool vote, Place place = Place::here()) const { return ballot(vote, place) == 0xffffffff; }
  std::uint32_t ballot(bool vote, Place place = Place::here()) const {
    const auto votes = model().exchange(vote, place);
    std::uint32_t bits = 0;
    for (int i = 0; i < emulation::warp_size; ++i) bits |= std::uint32_t{votes[i]} << i;
    return bits;
  }

  void commit_copies() const { model().commit_copies(); }
  template <int under_way>
  void wait_for_copies() const {
    model().wait_for_copies(under_way);
  }

  template <bool transposed, int size>
  Pack<std::uint32_t, 4> load_matrices(SharedArray<Bfloat16, size>& array, int row,
                                       Place place = Place::here()) const {
    const auto rows = model().exchange(array.template load<8>(row), place);
    return emulation::matrices_of_lane(rows, lane(), transposed);
  }

  void multiply_tf32(FragmentC& c, const FragmentA& a, const FragmentB& b,
                     Place place = Place::here()) const {
    multiply<emulation::Tf32>(c, {a, b}, place);
  }
  void multiply_bf16(FragmentC& c, const FragmentA& a, const FragmentB& b,
                     Place place = Place::here()) const {
    multiply<emulation::Bfloat16Pair>(c, {a, b}, place);
  }

 private:
  template <class Format>
  void multiply(FragmentC& c, const emulation::Fragments& own, Place place) const {
    const FragmentC product = model().combine(own, place, emulation::multiply<Format>);
    for (int r = 0; r < 4; ++r) c.values[r] += product.values[r];
  }
  static emulation::Block& model() { return emulation::Block::current(); }

  int index_, block_, blocks_;
};

inline void copy_bytes(Stream, void* to, const void* from, std::size_t bytes) {
  emulation::submit_copy(to, from, bytes);
}

inline void wait(Stream) {
  emulation::wait();
}

class Event {
 public:
  explicit Event(Stream) : place_(emulation::place()) {}
  void wait() { emulation::wait_until(place_); }

 private:
  std::uint64_t place_;
};

inline std::shared_ptr<std::byte> pinned_memory(std::size_t bytes) {
  return std::shared_ptr<std::byte>(new std::byte[bytes], std::default_delete<std::byte[]>());
}

class Graph {
 public:
  explicit Graph(std::vector<emulation::Work> work) : work_(std::move(work)) {}
  void run(Stream) const {
    for (const emulation::Work& work : work_) emulation::submit(work);
  }

 private:
  std::vector<emulation::Work> work_;
};

inline void start_capture(Stream) {
  emulation::start_recording();
}
inline std::unique_ptr<Graph> stop_capture(Stream) {
  return std::make_unique<Graph>(emulation::stop_recording());
}

template <class Kernel>
void run_grid(Stream, int blocks, const Kernel& kernel) {
  emulation::submit([blocks, kernel] {
    emulation::Block model(Kernel::threads);
    for (int block = 0; block < blocks; ++block) {
      emulation::in_kernel(typeid(Kernel), block, [&] {
        if constexpr (requires { typename Kernel::Shared; }) {
          const auto shared = std::make_unique<typename Kernel::Shared>();
          model.run([&](int thread) { kernel(Thread(thread, block, blocks), *shared); });
        } else {
          model.run([&](int thread) { kernel(Thread(thread, block, blocks)); });
        }
      });
    }
  });
}

}  // namespace noisegate::cuda
