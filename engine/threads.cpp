// How many threads the CPU kernels have. oneDNN waits in its barriers for as many threads as OpenMP promises:
// where a team comes out smaller, it waits for ever. So nothing is promised that was not tried.
#include "engine/device.h"
#include "engine/error.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <omp.h>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// Beyond this a core spends its time on changing from thread to thread.
constexpr int most_threads_per_core = 4;

std::once_flag chosen;
std::atomic<int> team = 1;

/// Throws Error if the system does not let this process have this many threads at once: OpenMP itself would
/// end the process.
void require_threads(int count) {
  std::latch enough(1);
  std::vector<std::jthread> threads;
  const struct Release {
    std::latch& latch;
    ~Release() { latch.count_down(); }
  } release{enough};  // before the threads are waited for, whatever happens
  try {
    for (int i = 1; i < count; ++i) threads.emplace_back([&] { enough.wait(); });
  } catch (const std::system_error& error) {
    fail("--threads {}: the system lets this process start only {} (ulimit -u and -v, or pids.max): {}",
         count, threads.size() + 1, error.code().message());
  }
}

/// The threads that a team has when it asks for this many.
int team_size(int count) {
  int size = 1;
#pragma omp parallel num_threads(count)
#pragma omp single
  size = omp_get_num_threads();
  return size;
}

/// What OpenMP would take by itself: OMP_NUM_THREADS, else one a core.
int default_thread_count() {
  static const int count = omp_get_max_threads();
  return std::clamp(count, 1, most_threads_per_core * omp_get_num_procs());
}

void require_sensible(int threads) {
  const int cores = omp_get_num_procs(), most = most_threads_per_core * cores;
  if (threads < 0) reject("--threads {}: must be 0 (one per core) or more", threads);
  if (threads > most)
    reject("--threads {}: at most {} are of use on {} core{}", threads, most, cores, cores == 1 ? "" : "s");
  if (threads > omp_get_thread_limit())
    reject("--threads {}: OMP_THREAD_LIMIT allows {}", threads, omp_get_thread_limit());
}

void choose(int threads) {
  default_thread_count();  // before it is overwritten
  require_sensible(threads);
  omp_set_dynamic(0);            // OMP_DYNAMIC: teams that shrink with the machine's load
  omp_set_max_active_levels(1);  // OMP_MAX_ACTIVE_LEVELS=0: no teams at all
  const int wanted = threads > 0 ? threads : std::min(default_thread_count(), omp_get_thread_limit());
  require_threads(wanted);
  const int size = team_size(wanted);
  if (threads > size)
    reject("--threads {}: OpenMP gives {}; look at the OMP_ variables of the environment", threads, size);
  omp_set_num_threads(size);
  team = size;
}

}  // namespace

void set_thread_count(int threads) {
  std::call_once(chosen, [] {});
  choose(threads);
}

int thread_count() {
  std::call_once(chosen, choose, 0);
  return team;
}

}  // namespace noisegate
