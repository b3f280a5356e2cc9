// The model of the GPU itself: what a right kernel gets, and that each kind of wrong kernel is caught.
#include "engine/cuda/device/launch.h"
#include "tests/check_error.h"

#include <bit>
#include <cstdint>
#include <numeric>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;

namespace {

template <class T>
Span<T> span(std::vector<T>& values) {
  return {values.data(), static_cast<std::int64_t>(values.size())};
}

/// A kernel with this body, of blocks of 64 threads that share 64 integers.
template <class Body>
struct Planted {
  static constexpr int threads = 64;
  struct Shared {
    SharedArray<std::int32_t, 64> values;
  };
  Body body;

  void operator()(const Thread& thread, Shared& shared) const { body(thread, shared.values); }
};

template <class Body>
void run_planted(Body body, std::int64_t blocks = 1) {
  launch(Stream(), blocks, Planted<Body>{body});
}

using Values = SharedArray<std::int32_t, 64>;

}  // namespace

TEST_CASE("every thread of every block runs once and knows its place") {
  std::vector<std::int32_t> seen(3 * 64, -1);
  run_planted(
      [out = span(seen)](const Thread& thread, Values&) {
        CHECK(thread.blocks() == 3);
        CHECK(thread.warp() * 32 + thread.lane() == thread.index());
        out[thread.block() * 64 + thread.index()] = thread.block() * 1000 + thread.index();
      },
      3);
  for (int block = 0; block < 3; ++block)
    for (int i = 0; i < 64; ++i) CHECK(seen[block * 64 + i] == block * 1000 + i);
}

TEST_CASE("a launch of no blocks runs nothing") {
  run_planted([](const Thread&, Values&) { FAIL("ran"); }, 0);
}

TEST_CASE("a launch of more blocks than CUDA has is refused") {
  const auto nothing = [](const Thread&, Values&) {};
  const Planted<decltype(nothing)> kernel{nothing};
  check_error([&] { launch(Stream(), std::int64_t{1} << 31, kernel); },
              {"2147483648 blocks", "at most 2147483647"}, 1);
}

TEST_CASE("shared memory and barriers: a block reverses its numbers, twice") {
  std::vector<std::int32_t> numbers(64);
  std::iota(numbers.begin(), numbers.end(), 100);
  run_planted([x = span(numbers)](const Thread& thread, Values& values) {
    for (int pass = 0; pass < 3; ++pass) {
      values[thread.index()] = x[thread.index()];
      thread.barrier();
      x[thread.index()] = values[63 - thread.index()];
      thread.barrier();
    }
  });
  for (int i = 0; i < 64; ++i) CHECK(numbers[i] == 163 - i);
}

TEST_CASE("warps exchange values and votes") {
  run_planted([](const Thread& thread, Values&) {
    const int lane = thread.lane();
    CHECK(thread.shuffle(lane * 10, 7) == 70);
    CHECK(thread.shuffle_xor(lane, 5) == (lane ^ 5));
    CHECK(thread.any(lane == 31));
    CHECK_FALSE(thread.any(false));
    CHECK(thread.all(lane < 32));
    CHECK_FALSE(thread.all(lane != 3));
    CHECK(thread.ballot(lane % 2 == 1) == 0xaaaaaaaa);
  });
}

TEST_CASE("a barrier of the warp orders its lanes' accesses") {
  run_planted([](const Thread& thread, Values& values) {
    const int warp = thread.warp() * 32;
    for (int step = 1; step < 4; ++step) {
      values[warp + thread.lane()] = thread.lane();
      thread.warp_barrier();
      CHECK(values[warp + (thread.lane() + step) % 32] == (thread.lane() + step) % 32);
      thread.warp_barrier();
    }
  });
}

TEST_CASE("an access outside device memory is caught, with kernel, block and thread") {
  std::vector<float> x(100);
  const auto write = [out = span(x)](const Thread& thread, Values&) {
    out[thread.block() * 64 + thread.index()] = 1;
  };
  check_error([&] { run_planted(write, 2); },
              {"Planted", "block 1", "thread 36", "element 100 of device memory, which has 100"}, 1);
  check_error(
      [&] { run_planted([out = span(x)](const Thread& thread, Values&) { out[thread.index() - 1] = 1; }); },
      {"thread 0", "element -1"}, 1);
  check_error([&] { run_planted([in = span(x)](const Thread&, Values&) { in.load<4>(98); }); },
              {"element 101"}, 1);
  check_error([&] { run_planted([in = span(x)](const Thread&, Values&) { in.load<4>(2); }); },
              {"16 bytes of device memory"}, 1);
}

TEST_CASE("an access outside shared memory is caught") {
  check_error([] { run_planted([](const Thread& thread, Values& v) { v[thread.index() + 1] = 0; }); },
              {"thread 63", "element 64 of shared memory, which has 64"}, 1);
  check_error([] { run_planted([](const Thread&, Values& v) { v.load<4>(64); }); }, {"element 67"}, 1);
  check_error([] { run_planted([](const Thread&, Values& v) { v.load<4>(2); }); }, {"16 bytes"}, 1);
}

TEST_CASE("shared memory that nothing was written to is not read") {
  check_error([] { run_planted([](const Thread&, Values& v) { static_cast<void>(v[5] + 1); }); },
              {"thread 0 reads element 5", "nothing was written"}, 1);
}

TEST_CASE("a barrier that some threads never reach is caught") {
  check_error(
      [] {
        run_planted([](const Thread& thread, Values&) {
          if (thread.index() != 40) thread.barrier();
        });
      },
      {"thread 0 waits at", "test_emulation.cpp", "threads of its block", "thread 40 has returned"}, 1);
  check_error(
      [] {
        run_planted([](const Thread& thread, Values&) {
          if (thread.lane() < 16)
            thread.barrier();
          else
            thread.warp_barrier();
        });
      },
      {"thread 0 waits at", "but thread 16 waits at"}, 1);
  check_error(
      [] {
        run_planted([](const Thread& thread, Values&) {
          if (thread.index() < 32)
            thread.barrier();
          else
            thread.barrier();
        });
      },
      {"different places", "thread 0", "thread 63"}, 1);
}

TEST_CASE("an exchange that some lanes never reach is caught") {
  check_error(
      [] {
        run_planted([](const Thread& thread, Values&) {
          if (thread.lane() != 9) thread.shuffle(1, 0);
        });
      },
      {"thread 0 waits at", "threads of its warp", "thread 9 has returned"}, 1);
}

TEST_CASE("races in shared memory are caught, whichever thread comes first") {
  const auto race = [](auto body) { check_error([&] { run_planted(body); }, {"race", "no barrier"}, 1); };
  SUBCASE("read after another's write") {
    race([](const Thread& thread, Values& v) {
      v[thread.index()] = 0;
      static_cast<void>(v[0] + 0);
    });
  }
  SUBCASE("write after another's read") {
    race([](const Thread& thread, Values& v) {
      v[thread.index()] = 0;
      thread.barrier();
      const std::int32_t next = v[(thread.index() + 1) % 64];
      v[thread.index()] = next;
    });
  }
  SUBCASE("two writes") {
    race([](const Thread& thread, Values& v) { v[thread.index() / 2] = 0; });
  }
  SUBCASE("another warp's read, although the own warp has passed a barrier of its own") {
    race([](const Thread& thread, Values& v) {
      v[thread.index()] = 0;
      thread.barrier();
      static_cast<void>(v[0] + 0);
      thread.warp_barrier();
      if (thread.index() == 32) v[0] = 1;
    });
  }
  SUBCASE("a shuffle is no barrier") {
    race([](const Thread& thread, Values& v) {
      v[thread.index()] = 0;
      thread.shuffle(0, 0);
      static_cast<void>(v[thread.index() ^ 1] + 0);
    });
  }
}

TEST_CASE("asynchronous copies land when they are waited for, group by group") {
  std::vector<std::int32_t> numbers(128);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<std::int32_t> sums(64);
  run_planted([x = span(numbers), out = span(sums)](const Thread& thread, Values& v) {
    const int own = thread.index() * 4 % 64, copiers = 16;
    if (thread.index() < copiers) v.copy_async<4>(own, x.at<4>(own));
    thread.commit_copies();
    thread.wait_for_copies<0>();
    thread.barrier();
    out[thread.index()] = v[63 - thread.index()];
    thread.barrier();
    v.copy_async<1>(thread.index(), x.at<1>(64 + thread.index()), thread.index() % 2 == 0);
    thread.commit_copies();
    thread.commit_copies();  // a later group, still under way
    thread.wait_for_copies<1>();
    out[thread.index()] += 1000 * v[thread.index()];
  });
  for (int i = 0; i < 64; ++i) CHECK(sums[i] == 63 - i + 1000 * (i % 2 == 0 ? 64 + i : 0));
}

TEST_CASE("asynchronous copies that are not waited for, or race, are caught") {
  std::vector<std::int32_t> numbers(64);
  const auto x = span(numbers);
  const auto caught = [](auto body, const char* sentence) {
    check_error([&] { run_planted(body); }, {sentence}, 1);
  };
  caught(
      [x](const Thread& thread, Values& v) {
        v.copy_async<1>(thread.index(), x.at<1>(thread.index()));
        thread.commit_copies();
        thread.wait_for_copies<1>();
        static_cast<void>(v[thread.index()] + 0);
      },
      "thread 0 reads element 0 of shared memory while a copy");
  caught(
      [x](const Thread& thread, Values& v) {
        v.copy_async<1>(thread.index(), x.at<1>(thread.index()));
        v[thread.index()] = 1;
      },
      "thread 0 writes element 0 of shared memory while a copy");
  caught(
      [x](const Thread& thread, Values& v) {
        v.copy_async<1>(thread.index(), x.at<1>(thread.index()));
        thread.commit_copies();
        thread.wait_for_copies<0>();
        static_cast<void>(v[0] + 0);
      },
      "race: thread 1 reads element 0");
  caught([x](const Thread& thread, Values& v) { v.copy_async<1>(thread.index(), x.at<1>(thread.index())); },
         "without having waited for its asynchronous copies");
}

namespace {

/// Fragments of A (16×k) with A[i][j] = 16·i + j and B = its columns' unit matrix: k = 8·elements.
struct UnitProduct {
  static constexpr int threads = 32;
  Span<float> c;
  bool bf16;

  void operator()(const Thread& thread) const {
    const int group = thread.lane() / 4, member = thread.lane() % 4;
    FragmentA a{};
    FragmentB b{};
    FragmentC sum{{1, 1, 1, 1}};
    if (bf16) {
      for (int r = 0; r < 4; ++r)
        a.registers[r] = pair(16 * (group + 8 * (r % 2)) + 2 * member + 8 * (r / 2));
      for (int e = 0; e < 2; ++e)
        if (2 * member + e == group) b.registers[0] = 0x3f80u << (16 * e);
      thread.multiply_bf16(sum, a, b);
    } else {
      for (int r = 0; r < 4; ++r)
        a.registers[r] = round_to_tf32(static_cast<float>(16 * (group + 8 * (r % 2)) + member + 4 * (r / 2)));
      for (int r = 0; r < 2; ++r)
        if (member + 4 * r == group) b.registers[r] = round_to_tf32(1);
      thread.multiply_tf32(sum, a, b);
    }
    for (int r = 0; r < 4; ++r)
      c[8 * row_of_c(thread.lane(), r) + column_of_c(thread.lane(), r)] = sum.values[r];
  }

  /// value and value + 1, which bfloat16 holds exactly up to 256.
  static std::uint32_t pair(int value) {
    const auto bits = [](int number) { return std::bit_cast<std::uint32_t>(static_cast<float>(number)); };
    return bits(value) >> 16 | (bits(value + 1) & 0xffff0000u);
  }
};

}  // namespace

TEST_CASE("the matrix instructions: by a unit matrix come the first columns of A") {
  for (const bool bf16 : {false, true}) {
    CAPTURE(bf16);
    std::vector<float> c(16 * 8);
    launch(Stream(), 1, UnitProduct{span(c), bf16});
    for (int row = 0; row < 16; ++row)
      for (int column = 0; column < 8; ++column) CHECK(c[row * 8 + column] == 16 * row + column + 1);
  }
}

namespace {

/// Four matrices of 8×8, element (i, j) of matrix m being 64·m + 8·i + j, as the lanes get them; the rows of
/// a matrix lie `step` apart.
struct LoadMatrices {
  static constexpr int threads = 32, most = 4 * 8 * 12;
  struct Shared {
    SharedArray<Bfloat16, most> values;
  };
  Span<float> seen;
  int step;
  bool transposed;

  void operator()(const Thread& thread, Shared& shared) const {
    const int row = thread.lane() * step;
    for (int j = 0; j < 8; ++j)
      shared.values[row + j] = static_cast<Bfloat16>(static_cast<float>(8 * thread.lane() + j));
    thread.warp_barrier();
    const auto registers = transposed ? thread.load_matrices<true>(shared.values, row)
                                      : thread.load_matrices<false>(shared.values, row);
    for (int m = 0; m < 4; ++m)
      for (int e = 0; e < 2; ++e)
        seen[64 * m + 2 * thread.lane() + e] = std::bit_cast<float>(registers[m] >> 16 * e << 16);
  }
};

/// Reads rows to which other lanes write, without a barrier.
struct RacingMatrices {
  static constexpr int threads = 32;
  struct Shared {
    SharedArray<Bfloat16, 64> rows;
  };

  void operator()(const Thread& thread, Shared& shared) const {
    for (int pass = 0; pass < 2; ++pass) {
      if (pass == 1) thread.warp_barrier();
      for (int i = 0; i < 2; ++i) shared.rows[2 * thread.lane() + i] = Bfloat16(1);
    }
    thread.load_matrices<false>(shared.rows, thread.lane() % 8 * 8);
  }
};

}  // namespace

TEST_CASE("matrices from shared memory: two neighbours of a row in each lane, or of a column") {
  for (const bool transposed : {false, true}) {
    CAPTURE(transposed);
    std::vector<float> seen(256);
    launch(Stream(), 1, LoadMatrices{span(seen), 8, transposed});
    for (int i = 0; i < 256; ++i) {
      const int m = i / 64, lane = i % 64 / 2, major = lane / 4, minor = 2 * (lane % 4) + i % 2;
      CHECK(seen[i] == 64 * m + (transposed ? 8 * minor + major : 8 * major + minor));
    }
  }
}

TEST_CASE(
    "a matrix's row that begins at no multiple of 16 bytes is caught, and one that another lane writes") {
  std::vector<float> seen(256);
  check_error(
      [&] {
        launch(Stream(), 1, LoadMatrices{span(seen), 12, false});
      },
      {"LoadMatrices", "16 bytes of shared memory"}, 1);
  check_error([&] { launch(Stream(), 1, RacingMatrices{}); }, {"race", "no barrier"}, 1);
}

TEST_CASE("TF32 keeps ten bits of the fraction, rounded") {
  CHECK(std::bit_cast<float>(round_to_tf32(1 + 0x1p-10f)) == 1 + 0x1p-10f);
  CHECK(std::bit_cast<float>(round_to_tf32(1 + 0x1p-11f)) == 1 + 0x1p-10f);
  CHECK(std::bit_cast<float>(round_to_tf32(-1 - 0x1p-12f)) == -1);
}

TEST_CASE("what one thread alone touches is no race, nor what all read") {
  run_planted([](const Thread& thread, Values& values) {
    values[thread.index()] = 1;
    values[thread.index()] += 2;
    thread.barrier();
    for (int i = 0; i < 64; ++i) CHECK(values[i] == 3);
    thread.barrier();
    values[thread.index()] = 4;
  });
}

TEST_CASE("an Error from a kernel leaves nothing behind for the next") {
  for (int repeat = 0; repeat < 3; ++repeat) {
    check_error([] { run_planted([](const Thread&, Values& v) { v[64] = 0; }); }, {"element 64"}, 1);
    int ran = 0;
    run_planted([&ran](const Thread& thread, Values&) {
      thread.barrier();
      ++ran;
    });
    CHECK(ran == 64);
  }
}

TEST_CASE("device memory is there for work in the queue, and ends a program whose host looks into it") {
  auto* segment = reinterpret_cast<std::int32_t*>(emulation::take_segment(4096));
  emulation::submit([=] { segment[5] = 7; });
  std::int32_t value = 0;
  emulation::submit([&value, segment] { value = segment[5]; });
  emulation::wait();
  CHECK(value == 7);

  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);  // where sanitizers tell of what is wanted here
    const volatile std::int32_t* reached = segment + 5;
    _exit(*reached == 7 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  const bool came_back = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  CHECK_FALSE(came_back);
}
