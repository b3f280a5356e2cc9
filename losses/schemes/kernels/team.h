// The threads that run one algorithm together: a block of the GPU (losses/schemes/cuda/block_team.h), or the
// one thread of the host that is here. An algorithm written for a team stands once for both: its loops go
// from first() in strides, and its sums and maxima are those of all threads.
#pragma once

#include "engine/host_device.h"

#include <cstdint>
#include <span>
#include <vector>

namespace noisegate {

class HostTeam {
 public:
  /// An array in the memory that the team works on.
  template <class T>
  using Array = std::span<T>;

  explicit HostTeam(std::size_t scratch_size = 0) : scratch_(scratch_size) {}

  std::int64_t first() const { return 0; }
  std::int64_t stride() const { return 1; }
  bool is_leader() const { return true; }
  void barrier() const {}

  // Of what each thread brings, the same for every thread.
  double sum(double value) const { return value; }
  double largest(double value) const { return value; }

  /// Memory that the threads share.
  double& scratch(std::int64_t index) { return scratch_[static_cast<std::size_t>(index)]; }

 private:
  std::vector<double> scratch_;
};

/// Σ term(i) over i in [0, count).
template <class Team, class Term>
NOISEGATE_DEVICE double sum_over(Team& team, std::int64_t count, const Term& term) {
  double own = 0;
  for (std::int64_t i = team.first(); i < count; i += team.stride()) own += term(i);
  return team.sum(own);
}

}  // namespace noisegate
