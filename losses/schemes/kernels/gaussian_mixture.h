// A mixture of two Gaussians on a line, which tells clean from noisy samples by their losses. Fitted as the
// published trace of OGC shows it, and as scikit-learn's GaussianMixture does: 2-means from the smallest and
// the largest value, then expectation maximisation, at most ten steps or until the mean log-likelihood
// changes by less than 1e-3; 1e-3 is added to the variances. Deterministic.
#pragma once

#include "engine/math.h"
#include "losses/schemes/kernels/team.h"

#include <array>
#include <cstdint>
#include <span>

namespace noisegate {

struct Gaussian {
  double weight, mean, variance;
};

/// The fit by a team of threads, over values of which two differ: `Values` is an Array of float or const
/// float.
template <class Team, class Values>
class MixtureFit {
 public:
  template <class T>
  using Array = typename Team::template Array<T>;

  /// `upper` is room for one number a value: the chance that it belongs to the upper component.
  NOISEGATE_DEVICE MixtureFit(Team& team, Values values, Array<double> upper)
      : team_(team), values_(values), upper_(upper), count_(static_cast<std::int64_t>(values.size())) {}

  /// Sets the components, the one of the smaller mean first.
  NOISEGATE_DEVICE void operator()(double smallest, double largest, Gaussian* components) {
    const double bound = two_means_bound((smallest + largest) / 2);
    for_each_value([&](std::int64_t i) { upper_[i] = values_[i] > bound ? 1 : 0; });
    maximise(components);
    double before = 0;
    for (int step = 0; step < max_steps; ++step) {
      const double likelihood = expect(components);
      maximise(components);
      if (step > 0 && math::abs(likelihood - before) < tolerance) break;
      before = likelihood;
    }
    if (components[0].mean > components[1].mean) {
      const Gaussian first = components[0];
      components[0] = components[1];
      components[1] = first;
    }
  }

 private:
  static constexpr int max_steps = 10, max_two_means_steps = 100;
  static constexpr double tolerance = 1e-3;  // of the mean log-likelihood
  static constexpr double added_variance = 1e-3;
  static constexpr double smallest_double = 2.2250738585072014e-308;  // keeps an empty component from 0/0

  template <class F>
  NOISEGATE_DEVICE void for_each_value(const F& f) {
    for (std::int64_t i = team_.first(); i < count_; i += team_.stride()) f(i);
  }

  /// The bound between the two clusters of 2-means: what lies below it belongs to the lower one.
  NOISEGATE_DEVICE double two_means_bound(double bound) {
    for (int step = 0; step < max_two_means_steps; ++step) {
      const auto is_high = [&](std::int64_t i) { return values_[i] > bound; };
      const double high = sum_over(team_, count_, [&](std::int64_t i) { return is_high(i) ? 1.0 : 0.0; });
      const double sum_of_high =
          sum_over(team_, count_, [&](std::int64_t i) { return is_high(i) ? double{values_[i]} : 0.0; });
      const double sum_of_low =
          sum_over(team_, count_, [&](std::int64_t i) { return is_high(i) ? 0.0 : double{values_[i]}; });
      const double next = (sum_of_low / (static_cast<double>(count_) - high) + sum_of_high / high) / 2;
      if (next == bound) break;
      bound = next;
    }
    return bound;
  }

  /// The components that maximise the likelihood where value i belongs to the upper one with `upper[i]`.
  NOISEGATE_DEVICE void maximise(Gaussian* components) {
    for (int k = 0; k < 2; ++k) {
      const auto share = [&](std::int64_t i) { return k == 1 ? upper_[i] : 1 - upper_[i]; };
      const double count = sum_over(team_, count_, share) + smallest_double;
      const double mean =
          sum_over(team_, count_, [&](std::int64_t i) { return share(i) * values_[i]; }) / count;
      const double squares = sum_over(team_, count_, [&](std::int64_t i) {
        return share(i) * (values_[i] - mean) * (values_[i] - mean);
      });
      components[k] = {count / static_cast<double>(count_), mean, squares / count + added_variance};
    }
  }

  /// Sets `upper`; returns the mean log-likelihood.
  NOISEGATE_DEVICE double expect(const Gaussian* components) {
    constexpr double two_pi = 6.283185307179586;
    double log_weight[2], log_variance[2];
    for (int k = 0; k < 2; ++k) {
      log_weight[k] = math::log(components[k].weight);
      log_variance[k] = math::log(two_pi * components[k].variance);
    }
    const auto log_density = [&](int k, double value) {
      const double distance = value - components[k].mean;
      return log_weight[k] - 0.5 * (log_variance[k] + distance * distance / components[k].variance);
    };
    const double total = sum_over(team_, count_, [&](std::int64_t i) {
      const double low = log_density(0, values_[i]), high = log_density(1, values_[i]);
      const double larger = math::max(low, high), smaller = low < high ? low : high;
      const double log_sum = larger + math::log1p(math::exp(smaller - larger));
      upper_[i] = math::exp(high - log_sum);
      return log_sum;
    });
    return total / static_cast<double>(count_);
  }

  Team& team_;
  Values values_;
  Array<double> upper_;
  std::int64_t count_;
};

/// The same on the host, the component of the smaller mean first.
std::array<Gaussian, 2> fit_two_gaussians(std::span<const float> values);

}  // namespace noisegate
