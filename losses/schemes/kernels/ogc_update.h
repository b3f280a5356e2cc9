// A step of OGC's threshold (losses/schemes/ogc.h) by a team of threads: takes the batch's cross entropies in
// and, every so many steps, fits the mixture of clean and noisy samples and finds the threshold, in double.
#pragma once

#include "engine/device_value.h"
#include "engine/step_scalars.h"
#include "engine/tensor.h"
#include "losses/schemes/kernels/gaussian_mixture.h"

#include <cstdint>

namespace noisegate {

/// What OGC remembers beside the queue of cross entropies.
struct OgcState {
  std::int64_t seen;  // cross entropies so far: the next one's place in the queue is seen mod its size
  std::int64_t steps;
  double threshold;  // P
  Gaussian components[2];
  double point[3];  // the ClipPoint of P
};

/// What a loss of p_y is where OGC asks it. The bisection's ten halvings can only meet the points of a grid.
struct OgcTable {
  static constexpr int samples = 1000, halvings = 10, grid_points = (1 << halvings) + 1;
  double lowest, highest;  // cross entropies −log p that there are
  double abs_dp_of_sample[samples];
  double threshold[grid_points], abs_dp[grid_points];  // P and |ℓ'(P)|
  double tau[grid_points], value[grid_points];         // as ClipPoint has them

  /// Cross entropy i of those at which the gradients of Eq. 10 are sampled.
  NOISEGATE_HD double sample(std::int64_t i) const {
    return lowest + (highest - lowest) * static_cast<double>(i) / (samples - 1);
  }
};

struct OgcOptions {
  double epsilon = 20;
  int time_frame = 32;    // steps from one threshold to the next
  int queue = 4096;       // cross entropies that are remembered
  bool lr_scaled = true;  // ε times the learning rate, as the published code has it and the text has not
};

/// OGC's memory between two steps, on the device where steps run.
struct OgcMemory {
  OgcOptions options;
  Tensor queue;  // f32 (options.queue), of which the first `seen` are set
  DeviceValue<OgcState> state;
  DeviceValue<OgcTable> table;
};

/// The share of clipped gradient that noisy samples have, beside clean ones, r(P) (Eq. 10): min(|ℓ'|,
/// |ℓ'(P)|) averaged over each component's cross entropies H, truncated to those of p in [1e-7, 1 − 1e-7] and
/// sampled at 1000 of them. The team has 2·1000 numbers of scratch.
template <class Team, class Table>
class GradientRatio {
 public:
  NOISEGATE_DEVICE GradientRatio(Team& team, const Table& table, const Gaussian* components)
      : team_(team), table_(table) {
    for (int k = 0; k < 2; ++k) {
      densities_[k] = sum_over(team_, OgcTable::samples, [&](std::int64_t i) {
        const double distance = table_[0].sample(i) - components[k].mean;
        const double density = math::exp(-distance * distance / (2 * components[k].variance));
        team_.scratch(k * OgcTable::samples + i) = density;
        return density;
      });
    }
  }

  /// r at the threshold where |ℓ'| is τ.
  NOISEGATE_DEVICE double operator()(double tau) {
    double clipped[2];
    for (int k = 0; k < 2; ++k) {
      clipped[k] = sum_over(team_, OgcTable::samples, [&](std::int64_t i) {
        const double abs_dp = table_[0].abs_dp_of_sample[i];
        return team_.scratch(k * OgcTable::samples + i) * (tau < abs_dp ? tau : abs_dp);
      });
    }
    return clipped[1] / densities_[1] / (clipped[0] / densities_[0]);
  }

  /// The grid point at which r is `target`, the upper end of the last interval; the end of the grid that is
  /// nearest where there is none.
  NOISEGATE_DEVICE int find(double target) {
    const auto is_above = [&](int at) { return (*this)(table_[0].abs_dp[at]) > target; };
    int low = 0, high = OgcTable::grid_points - 1;
    if (is_above(high)) return high;
    if (!is_above(low)) return low;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (is_above(middle))
        low = middle;  // the ratio falls as P rises
      else
        high = middle;
    }
    return high;
  }

 private:
  Team& team_;
  const Table& table_;
  double densities_[2];
};

template <class Team>
struct OgcUpdate {
  template <class T>
  using Array = typename Team::template Array<T>;

  double epsilon;
  int time_frame;
  bool lr_scaled;
  const StepScalars* scalars;
  Array<const float> cross_entropies;
  Array<float> queue;
  Array<OgcState> state;
  Array<const OgcTable> table;
  Array<double> upper;  // room for one number a value of the queue

  NOISEGATE_DEVICE void operator()(Team& team) const {
    const std::int64_t before = state[0].seen, steps = state[0].steps + 1, size = std::int64_t(queue.size()),
                       seen = before + std::int64_t(cross_entropies.size());
    take_in(team, before);
    team.barrier();
    if (team.is_leader()) {
      state[0].seen = seen;
      state[0].steps = steps;
    }
    if (seen < size || steps % time_frame != 0) return;
    const double smallest = -largest_of_queue(team, -1), largest = largest_of_queue(team, 1);
    if (!(smallest < largest)) return;  // nothing to tell apart
    Gaussian components[2];
    MixtureFit(team, queue, upper)(smallest, largest, components);
    const double scale = lr_scaled ? scalars->learning_rate : 1;
    GradientRatio<Team, Array<const OgcTable>> ratio(team, table, components);
    const int at = ratio.find(1 + scale * epsilon);
    if (team.is_leader()) keep(components, at);
  }

 private:
  NOISEGATE_DEVICE void take_in(Team& team, std::int64_t before) const {
    const auto low = static_cast<float>(table[0].lowest), high = static_cast<float>(table[0].highest);
    const std::int64_t size = std::int64_t(queue.size()), count = std::int64_t(cross_entropies.size());
    for (std::int64_t i = team.first(); i < count; i += team.stride()) {
      if (i < count - size) continue;  // a later one has its place
      const float h = cross_entropies[i];
      queue[(before + i) % size] = h < low ? low : high < h ? high : h;
    }
  }

  /// The largest of sign·value over the queue.
  NOISEGATE_DEVICE double largest_of_queue(Team& team, double sign) const {
    double own = sign * queue[0];
    for (std::int64_t i = team.first(); i < std::int64_t(queue.size()); i += team.stride())
      own = math::max(own, sign * queue[i]);
    return team.largest(own);
  }

  NOISEGATE_DEVICE void keep(const Gaussian* components, int at) const {
    OgcState& kept = state[0];
    kept.threshold = table[0].threshold[at];
    for (int k = 0; k < 2; ++k) kept.components[k] = components[k];
    kept.point[0] = table[0].threshold[at];
    kept.point[1] = table[0].tau[at];
    kept.point[2] = table[0].value[at];
  }
};

}  // namespace noisegate
