#include "engine/memory.h"

#include "engine/error.h"
#include "engine/gpu_platform.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <sys/mman.h>
#include <utility>

namespace noisegate {
namespace {

// AddressSanitizer sees overflows only between blocks of its own, so under it every block comes from the
// system.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool pooling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool pooling = false;
#else
constexpr bool pooling = true;
#endif
#else
constexpr bool pooling = true;
#endif

constexpr std::size_t cpu_alignment = 64, cuda_alignment = 256;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t segment_size = std::size_t{32} << 20;

std::size_t round_up(std::size_t bytes, std::size_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

[[noreturn]] void fail_for_lack_of(std::size_t bytes) {
  fail("out of memory: the system has no {} MiB more to give", bytes >> 20);
}

/// Whole huge pages from the system: large tensors then cost few page faults and few TLB misses.
std::byte* take_from_system(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail_for_lack_of(bytes);
  madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(memory);
}

/// Best fit over segments, with splitting and merging: blocks of all sizes share the same memory, so the pool
/// holds little more than the peak of what is in use.
class Pool {
 public:
  /// Without a source of segments every block is asked of the system by itself.
  Pool(MemorySource take_segment, std::size_t alignment)
      : take_segment_(take_segment), alignment_(alignment) {}

  std::byte* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes = round_up(std::max<std::size_t>(bytes, 1), alignment_);
    std::byte* block = take_segment_ ? best_fit(bytes) : direct(bytes);
    live_.emplace(block, bytes);
    statistics_.in_use += bytes;
    statistics_.peak = std::max(statistics_.peak, statistics_.in_use);
    return block;
  }

  void give_back(std::byte* block) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(block);
    const std::size_t bytes = found->second;
    live_.erase(found);
    statistics_.in_use -= bytes;
    if (take_segment_) {
      merge(block, bytes);
    } else {
      statistics_.reserved -= bytes;
      ::operator delete (block, std::align_val_t{alignment_});
    }
  }

  MemoryStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    statistics_.peak = statistics_.in_use;
  }

 private:
  std::byte* direct(std::size_t bytes) {
    void* memory = ::operator new (bytes, std::align_val_t{alignment_}, std::nothrow);
    if (!memory) fail_for_lack_of(bytes);
    statistics_.reserved += bytes;
    return static_cast<std::byte*>(memory);
  }

  std::byte* best_fit(std::size_t bytes) {
    auto found = by_size_.lower_bound({bytes, nullptr});
    if (found == by_size_.end()) {
      grow(bytes);
      found = by_size_.lower_bound({bytes, nullptr});
    }
    const auto [available, block] = *found;
    erase_free(block, available);
    if (available > bytes) insert_free(block + bytes, available - bytes);
    return block;
  }

  void grow(std::size_t bytes) {
    const std::size_t size = round_up(std::max(bytes, segment_size), huge_page);
    std::byte* segment = take_segment_(size);
    segments_.insert(segment);
    statistics_.reserved += size;
    insert_free(segment, size);
  }

  /// Frees a block and joins it with free neighbours of the same segment.
  void merge(std::byte* block, std::size_t bytes) {
    const auto next = free_.lower_bound(block);
    if (next != free_.end() && next->first == block + bytes && !segments_.contains(next->first)) {
      bytes += next->second;
      erase_free(next->first, next->second);
    }
    const auto after = free_.lower_bound(block);
    if (after != free_.begin() && !segments_.contains(block)) {
      const auto [before, size] = *std::prev(after);
      if (before + size == block) {
        erase_free(before, size);
        block = before;
        bytes += size;
      }
    }
    insert_free(block, bytes);
  }

  void insert_free(std::byte* block, std::size_t bytes) {
    free_.emplace(block, bytes);
    by_size_.emplace(bytes, block);
  }

  void erase_free(std::byte* block, std::size_t bytes) {
    free_.erase(block);
    by_size_.erase({bytes, block});
  }

  const MemorySource take_segment_;
  const std::size_t alignment_;
  std::mutex mutex_;
  std::map<std::byte*, std::size_t> live_, free_;
  std::set<std::pair<std::size_t, std::byte*>> by_size_;  // the free blocks again, smallest first
  std::set<std::byte*> segments_;  // first bytes of segments: blocks never merge across them
  MemoryStatistics statistics_;
};

// Never destroyed: tensors in static storage may outlive any order of destruction.
Pool& cpu_pool() {
  static auto* pool = new Pool(pooling ? take_from_system : nullptr, cpu_alignment);
  return *pool;
}

/// The pools of Device::cuda: everyone's, and that of steps.
struct CudaPools {
  explicit CudaPools(MemorySource source) : general(source, cuda_alignment), steps(source, cuda_alignment) {}

  Pool general, steps;
};
bool in_step = false;

CudaPools& pools_of_cuda() {
  static auto* pools = new CudaPools(require_gpu().take_segment);
  return *pools;
}

Pool& pool(Device device) {
  if (device == Device::cpu) return cpu_pool();
  return in_step ? pools_of_cuda().steps : pools_of_cuda().general;
}

}  // namespace

std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device) {
  Pool& from = pool(device);
  return {from.take(bytes), [&from](std::byte* block) { from.give_back(block); }};
}

StepMemory::StepMemory() : before_(std::exchange(in_step, true)) {}
StepMemory::~StepMemory() {
  in_step = before_;
}

MemoryStatistics memory_statistics(Device device) {
  if (device == Device::cpu) return cpu_pool().statistics();
  const MemoryStatistics general = pools_of_cuda().general.statistics(),
                         steps = pools_of_cuda().steps.statistics();
  return {general.in_use + steps.in_use, general.peak + steps.peak, general.reserved + steps.reserved};
}

void reset_peak_memory(Device device) {
  if (device == Device::cpu) return cpu_pool().reset_peak();
  pools_of_cuda().general.reset_peak();
  pools_of_cuda().steps.reset_peak();
}

}  // namespace noisegate
