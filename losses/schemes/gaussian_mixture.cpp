#include "losses/schemes/gaussian_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace noisegate {
namespace {

constexpr int most_steps = 10;
constexpr double tolerance = 1e-3;  // of the mean log-likelihood
constexpr double added_variance = 1e-3;
constexpr int most_kmeans_steps = 100;

/// The bound between the two clusters of 2-means: what lies below it belongs to the lower one.
double two_means_bound(std::span<const float> values) {
  const auto [lowest, highest] = std::ranges::minmax(values);
  double bound = (double{lowest} + highest) / 2;
  for (int step = 0; step < most_kmeans_steps; ++step) {
    double sums[2] = {}, counts[2] = {};
    for (const float value : values) {
      sums[value > bound] += value;
      counts[value > bound] += 1;
    }
    const double next = (sums[0] / counts[0] + sums[1] / counts[1]) / 2;
    if (next == bound) break;
    bound = next;
  }
  return bound;
}

/// The components that maximise the likelihood where value i belongs to the upper one with `upper[i]`.
std::array<Gaussian, 2> maximise(std::span<const float> values, const std::vector<double>& upper) {
  const auto samples = static_cast<double>(values.size());
  std::array<Gaussian, 2> components{};
  for (int k = 0; k < 2; ++k) {
    double count = std::numeric_limits<double>::min(), sum = 0, squares = 0;
    const auto share = [&](std::size_t i) { return k == 1 ? upper[i] : 1 - upper[i]; };
    for (std::size_t i = 0; i < values.size(); ++i) {
      count += share(i);
      sum += share(i) * values[i];
    }
    const double mean = sum / count;
    for (std::size_t i = 0; i < values.size(); ++i)
      squares += share(i) * (values[i] - mean) * (values[i] - mean);
    components[k] = {count / samples, mean, squares / count + added_variance};
  }
  return components;
}

double log_density(const Gaussian& g, double value) {
  const double distance = value - g.mean;
  return std::log(g.weight) -
         0.5 * (std::log(2 * std::numbers::pi * g.variance) + distance * distance / g.variance);
}

/// Sets `upper` to the chance that each value belongs to the upper component; returns the mean
/// log-likelihood.
double expect(std::span<const float> values, const std::array<Gaussian, 2>& components,
              std::vector<double>& upper) {
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double low = log_density(components[0], values[i]), high = log_density(components[1], values[i]);
    const double larger = std::max(low, high);
    const double sum = larger + std::log1p(std::exp(std::min(low, high) - larger));
    upper[i] = std::exp(high - sum);
    total += sum;
  }
  return total / static_cast<double>(values.size());
}

}  // namespace

std::array<Gaussian, 2> fit_two_gaussians(std::span<const float> values) {
  const double bound = two_means_bound(values);
  std::vector<double> upper;
  for (const float value : values) upper.push_back(value > bound ? 1 : 0);
  std::array<Gaussian, 2> components = maximise(values, upper);
  double before = -std::numeric_limits<double>::infinity();
  for (int step = 0; step < most_steps; ++step) {
    const double likelihood = expect(values, components, upper);
    components = maximise(values, upper);
    if (std::abs(likelihood - before) < tolerance) break;
    before = likelihood;
  }
  if (components[0].mean > components[1].mean) std::swap(components[0], components[1]);
  return components;
}

}  // namespace noisegate
