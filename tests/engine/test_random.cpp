#include "engine/random.h"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

using Block = std::array<std::uint32_t, 4>;

Block block_of(const std::array<std::uint32_t, 2>& key, const Block& counter) {
  Block out{};
  Philox::block(key.data(), counter.data(), out.data());
  return out;
}

}  // namespace

// The lines "philox4x32 10" of kat_vectors in the Random123 distribution.
TEST_CASE("Philox4x32-10: known answers") {
  CHECK(block_of({0, 0}, {0, 0, 0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(block_of({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(block_of({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is the blocks of rising counters under its name") {
  Philox stream(0x0123456789abcdef, Purpose::shuffle, 5, 6);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto purpose = static_cast<std::uint32_t>(Purpose::shuffle);
    for (const std::uint32_t expected : block_of({0x89abcdef, 0x01234567}, {i, 6, 5, purpose})) {
      CHECK(stream.next() == expected);
    }
  }
}

TEST_CASE("the same name gives the same numbers, any other name others") {
  const auto first = [](Philox stream) { return std::pair(stream.next(), stream.next()); };
  const auto base = first(Philox(1, Purpose::test, 2, 3));
  CHECK(first(Philox(1, Purpose::test, 2, 3)) == base);
  CHECK(first(Philox(2, Purpose::test, 2, 3)) != base);
  CHECK(first(Philox(1ull << 32 | 1, Purpose::test, 2, 3)) != base);
  CHECK(first(Philox(1, Purpose::shuffle, 2, 3)) != base);
  CHECK(first(Philox(1, Purpose::test, 3, 3)) != base);
  CHECK(first(Philox(1, Purpose::test, 2, 4)) != base);
}

// Runs and stored labels depend on these numbers: they never change.
TEST_CASE("golden values") {
  Philox stream(42, Purpose::test, 1, 2);
  CHECK(stream.next() == 3610814872u);
  CHECK(stream.uniform() == 0.973704875f);
  CHECK(stream.below(1000) == 670);
  CHECK(stream.normal() == doctest::Approx(0.4909267).epsilon(1e-5));
  CHECK(permutation(8, Philox(42, Purpose::test)) == std::vector<std::int32_t>{0, 2, 1, 7, 6, 4, 3, 5});
}

TEST_CASE("uniform: in [0, 1), of mean 1/2 and variance 1/12, even over the range") {
  constexpr int count = 200000, bins = 20;
  Philox stream(1, Purpose::test);
  double sum = 0, squares = 0;
  std::array<int, bins> histogram{};
  for (int i = 0; i < count; ++i) {
    const float u = stream.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += double{u} * u;
    ++histogram[static_cast<int>(u * bins)];
  }
  const double mean = sum / count;
  CHECK(std::abs(mean - 0.5) < 0.003);
  CHECK(std::abs(squares / count - mean * mean - 1.0 / 12) < 0.001);
  for (const int hits : histogram) CHECK(std::abs(hits - count / bins) < 500);  // five deviations
}

TEST_CASE("below: every number in range about equally often") {
  Philox stream(2, Purpose::test);
  std::array<int, 7> histogram{};
  for (int i = 0; i < 70000; ++i) ++histogram.at(stream.below(7));
  for (const int hits : histogram) CHECK(std::abs(hits - 10000) < 500);
  CHECK(stream.below(1) == 0);
}

TEST_CASE("normal: the first four moments, and always finite") {
  constexpr int count = 400000;
  Philox stream(3, Purpose::test);
  std::array<double, 4> moments{};
  for (int i = 0; i < count; ++i) {
    const double z = stream.normal();
    REQUIRE(std::isfinite(z));
    for (int power = 0; power < 4; ++power) moments[power] += std::pow(z, power + 1) / count;
  }
  CHECK(std::abs(moments[0]) < 0.01);
  CHECK(std::abs(moments[1] - 1) < 0.01);
  CHECK(std::abs(moments[2]) < 0.03);
  CHECK(std::abs(moments[3] - 3) < 0.1);
}

TEST_CASE("neighbouring samples' streams are uncorrelated") {
  double product = 0;
  constexpr std::uint32_t count = 100000;
  for (std::uint32_t sample = 0; sample < count; ++sample) {
    Philox a(4, Purpose::test, 0, sample), b(4, Purpose::test, 0, sample + 1);
    product += (a.uniform() - 0.5) * (b.uniform() - 0.5);
  }
  CHECK(std::abs(product / count) < 0.0015);  // five deviations of 1/12/√count
}

TEST_CASE("permutation: each index once, in another order for another stream") {
  for (const std::int32_t n : {0, 1, 2, 10, 1000}) {
    std::vector<std::int32_t> order = permutation(n, Philox(5, Purpose::test));
    CHECK(std::set<std::int32_t>(order.begin(), order.end()).size() == static_cast<std::size_t>(n));
    CHECK(std::all_of(order.begin(), order.end(), [n](std::int32_t i) { return i >= 0 && i < n; }));
  }
  CHECK(permutation(100, Philox(5, Purpose::test)) == permutation(100, Philox(5, Purpose::test)));
  CHECK(permutation(100, Philox(5, Purpose::test)) != permutation(100, Philox(6, Purpose::test)));
}

TEST_CASE("permutation: all orders of three come about equally often") {
  std::map<std::vector<std::int32_t>, int> counts;
  for (std::uint32_t sample = 0; sample < 6000; ++sample) {
    ++counts[permutation(3, Philox(6, Purpose::test, 0, sample))];
  }
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - 1000) < 150);
}
