#include "engine/memory.h"
#include "engine/ops.h"
#include "tests/check_error.h"

#include <cstdint>
#include <cstring>
#include <random>

#include <doctest/doctest.h>

using namespace noisegate;

/// Under AddressSanitizer, asking for too much is to be refused, as it is without, and not the end of the
/// process.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

MemoryStatistics statistics() {
  return memory_statistics(Device::cpu);
}

}  // namespace

TEST_CASE("blocks are aligned and counted while they live") {
  const MemoryStatistics before = statistics();
  {
    const auto one = allocate(3 * mebibyte, Device::cpu);
    const auto two = allocate(100, Device::cpu);
    CHECK(reinterpret_cast<std::uintptr_t>(one.get()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(two.get()) % 64 == 0);
    std::memset(one.get(), 1, 3 * mebibyte);
    std::memset(two.get(), 2, 100);
    const std::size_t taken = statistics().in_use - before.in_use;
    CHECK(taken >= 3 * mebibyte + 100);
    CHECK(taken <= 3 * mebibyte + 100 + 2 * 64);
    CHECK(statistics().reserved >= statistics().in_use);
  }
  CHECK(statistics().in_use == before.in_use);
}

TEST_CASE("a block lives until its last owner goes") {
  const std::size_t before = statistics().in_use;
  auto block = allocate(mebibyte, Device::cpu);
  auto second = block;
  block.reset();
  CHECK(statistics().in_use > before);
  second.reset();
  CHECK(statistics().in_use == before);
}

TEST_CASE("no bytes are a block too") {
  const auto none = allocate(0, Device::cpu);
  CHECK(none != nullptr);
}

TEST_CASE("the peak is the most that lived at once, and starts again after a reset") {
  reset_peak_memory(Device::cpu);
  const std::size_t before = statistics().in_use;
  CHECK(statistics().peak == before);
  { const auto block = allocate(4 * mebibyte, Device::cpu); }
  { const auto block = allocate(2 * mebibyte, Device::cpu); }
  CHECK(statistics().peak - before >= 4 * mebibyte);
  CHECK(statistics().peak - before < 5 * mebibyte);
  reset_peak_memory(Device::cpu);
  CHECK(statistics().peak == before);
  { const auto block = allocate(2 * mebibyte, Device::cpu); }
  CHECK(statistics().peak - before < 3 * mebibyte);
}

TEST_CASE("blocks that live at once never overlap, whatever the order of taking and giving back") {
  std::mt19937 random(1);
  std::vector<std::pair<std::shared_ptr<std::byte>, std::size_t>> live;
  for (int round = 0; round < 3000; ++round) {
    if (live.size() > 40 || (random() % 3 == 0 && !live.empty())) {
      const std::size_t victim = random() % live.size();
      const auto& [block, size] = live[victim];
      const auto tag = std::to_integer<int>(block.get()[0]);
      bool whole = true;
      for (std::size_t i = 0; i < size; ++i) whole &= std::to_integer<int>(block.get()[i]) == tag;
      REQUIRE(whole);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(victim));
    } else {
      const std::size_t size = 1 + random() % (random() % 8 == 0 ? mebibyte : 3000);
      live.emplace_back(allocate(size, Device::cpu), size);
      std::memset(live.back().first.get(), round & 255, size);
    }
  }
}

TEST_CASE("a step that repeats asks nothing more of the system") {
  const Variable x(Tensor::full({8, 16, 16, 16}, 0.5f)), weight(Tensor::full({16, 3, 3, 16}, 0.01f), true);
  const auto step = [&] { backward(sum(relu(conv2d(x, weight, {}, {.padding = 1})))); };
  step();
  step();
  const MemoryStatistics before = statistics();
  for (int i = 0; i < 5; ++i) step();
  CHECK(statistics().reserved == before.reserved);
  CHECK(statistics().in_use == before.in_use);
}

TEST_CASE("more memory than there is: an Error, and life goes on") {
  const std::size_t before = statistics().in_use;
  check_error([] { allocate(std::size_t{1} << 60, Device::cpu); }, {"memory"}, 1);
  CHECK(statistics().in_use == before);
  CHECK(allocate(64, Device::cpu) != nullptr);
}
