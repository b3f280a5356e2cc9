// The machine's floating-point limit: every thread multiplies and adds in vector registers only.
#include "tools/bench/bench.h"
#include "tools/train/stopwatch.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace noisegate {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
using Vector [[gnu::vector_size(vector_bytes)]] = float;

constexpr int lanes = vector_bytes / sizeof(float);
// A fused multiply-add takes 4 cycles and two start in each, so at least 8 must be on their way at once.
constexpr int chains = 12;
constexpr long rounds = 20'000'000;

/// Runs `chains` independent chains of x ← x·a + b; returns their sum, so that no compiler can leave them
/// out.
float multiply_and_add(float a_value, float b_value) {
  const Vector a = Vector{} + a_value, b = Vector{} + b_value;
  Vector x[chains];
  for (int i = 0; i < chains; ++i)
    x[i] = Vector{} + static_cast<float>(i);  // unlike, so that none is left out
  for (long round = 0; round < rounds; ++round) {
    for (Vector& chain : x) chain = chain * a + b;
  }
  float sum = 0;
  for (const Vector& chain : x) sum += chain[0];
  return sum;
}

double seconds_of_one_run(int threads) {
  std::vector<float> sums(threads);
  const Stopwatch watch;
  std::vector<std::jthread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&sums, i] { sums[i] = multiply_and_add(0.5f, 1.0f + static_cast<float>(i)); });
  }
  workers.clear();  // joins
  const double seconds = watch.seconds();
  // Reading the sums here keeps the work above from being dead code.
  return std::all_of(sums.begin(), sums.end(), [](float sum) { return sum > 0; }) ? seconds : 0;
}

}  // namespace

double measure_peak_flops(int threads) {
  const double operations = 2.0 * lanes * chains * static_cast<double>(rounds) * threads;
  double best = seconds_of_one_run(threads);
  for (int repeat = 1; repeat < 3; ++repeat) best = std::min(best, seconds_of_one_run(threads));
  return operations / best;
}

}  // namespace noisegate
