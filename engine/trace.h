// Measures where the time of a step goes: every op, forward and backward, runs inside a Trace with its name.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace noisegate {

/// Times the scope it lives in, while tracing is on, and tells a profiler of it, where the GPU has one
/// (GpuPlatform); costs two branches otherwise.
class Trace {
 public:
  enum class Pass { forward, backward };
  struct Total {
    double seconds = 0;
    long calls = 0;
    double multiply_adds = 0;  // of convolutions and matrix products
  };
  using Totals = std::map<std::pair<std::string, Pass>, Total>;

  Trace(const char* op, Pass pass);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  /// Adds the arithmetic of the scope.
  void count_multiply_adds(double count) const;

  /// Turns tracing on or off; turning it on forgets what was counted before.
  static void enable(bool on);
  /// Returns the counts by (op, pass) since tracing was turned on.
  static const Totals& totals();

 private:
  const char* op_;
  Pass pass_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace noisegate
