// Shared memory that checks its accesses. Each element remembers its last readers and writer. An access that
// no barrier orders after another thread's write, or a write after another thread's read, is a race,
// whichever of the two came first in this run.
#pragma once

#include "engine/cuda/emulation/block.h"
#include "engine/cuda/types/pack.h"

#include <array>
#include <cstdint>

namespace noisegate::emulation {

/// The accesses to an element.
class History {
 public:
  /// Each call throws Error for an access that is not ordered; `element` is the index in the sentence.
  void read(std::int64_t element);
  void write(std::int64_t element);
  /// A submitted asynchronous copy may write at any time until its thread waits for it.
  void copy_begins(std::int64_t element);
  void copy_lands(std::int64_t element);

 private:
  Moment written_{-1, 0, 0};
  // Readers since the last barrier of the block: their warps, and the lanes of the last of these warps that
  // read since its last barrier.
  Moment read_{-1, 0, 0};
  std::uint32_t reading_warps_ = 0, reading_lanes_ = 0;
  bool copy_under_way_ = false;
};

[[noreturn]] void refuse_outside(const char* memory, std::int64_t index, std::int64_t count,
                                 std::int64_t size);
/// Throws Error unless [index, index + count) is inside an array of `size` in this kind of memory. Inline, so
/// that a compiler that knows the index can prove the access to be inside.
inline void require_inside(const char* memory, std::int64_t index, std::int64_t count, std::int64_t size) {
  if (index < 0 || index + count > size) refuse_outside(memory, index, count, size);
}
/// Throws Error unless `address` is aligned for a move of `bytes`.
void require_aligned(const char* memory, const void* address, std::size_t bytes);

template <class T, int size>
class SharedArray {
 public:
  /// An element as an expression: reading and assigning are different accesses.
  class Element {
   public:
    Element(SharedArray& array, std::int64_t index) : array_(array), index_(index) {}
    Element(const Element&) = default;
    operator T() const {
      array_.history_[index_].read(index_);
      return array_.values_[index_];
    }
    Element& operator=(T value) {
      array_.history_[index_].write(index_);
      array_.values_[index_] = value;
      return *this;
    }
    Element& operator=(const Element& other) { return *this = static_cast<T>(other); }
    Element& operator+=(T value) { return *this = static_cast<T>(*this) + value; }

   private:
    SharedArray& array_;
    std::int64_t index_;
  };

  Element operator[](std::int64_t index) {
    require_inside("shared memory", index, 1, size);
    return {*this, index};
  }

  template <int count>
  cuda::Pack<T, count> load(std::int64_t index) {
    require_vector<count>(index);
    cuda::Pack<T, count> pack;
    for (int i = 0; i < count; ++i) pack[i] = (*this)[index + i];
    return pack;
  }
  template <int count>
  void store(std::int64_t index, const cuda::Pack<T, count>& pack) {
    require_vector<count>(index);
    for (int i = 0; i < count; ++i) (*this)[index + i] = pack[i];
  }

  template <int count, cuda::Cache = cuda::Cache::second_level>
  void copy_async(std::int64_t index, const T* from, bool present = true) {
    require_vector<count>(index);
    cuda::Pack<T, count> pack{};
    for (int i = 0; present && i < count; ++i) pack[i] = from[i];
    for (int i = 0; i < count; ++i) history_[index + i].copy_begins(index + i);
    Block::current().copy_later([this, index, pack] {
      for (int i = 0; i < count; ++i) {
        history_[index + i].copy_lands(index + i);
        values_[index + i] = pack[i];
      }
    });
  }

 private:
  template <int count>
  void require_vector(std::int64_t index) {
    require_inside("shared memory", index, count, size);
    require_aligned("shared memory", values_.data() + index, sizeof(cuda::Pack<T, count>));
  }

  alignas(16) std::array<T, size> values_;
  std::array<History, size> history_;
};

}  // namespace noisegate::emulation
