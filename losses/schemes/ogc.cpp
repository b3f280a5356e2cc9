#include "losses/schemes/ogc.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace noisegate {
namespace {

constexpr double least_p = 1e-7, largest_p = 1 - 1e-7;
constexpr int ratio_samples = 1000, halvings = 10;

}  // namespace

double clipped_gradient_ratio(const std::array<Gaussian, 2>& components, const Steepness& steepness,
                              double threshold) {
  const double low = -std::log(largest_p), high = -std::log(least_p), tau = steepness(threshold);
  double clipped[2] = {}, density[2] = {};
  for (int i = 0; i < ratio_samples; ++i) {
    const double h = low + (high - low) * i / (ratio_samples - 1);
    const double gradient = std::min(steepness(std::exp(-h)), tau);
    for (int k = 0; k < 2; ++k) {
      const double distance = h - components[k].mean;
      const double f = std::exp(-distance * distance / (2 * components[k].variance));
      clipped[k] += f * gradient;
      density[k] += f;
    }
  }
  return clipped[1] / density[1] / (clipped[0] / density[0]);
}

double find_threshold(const std::array<Gaussian, 2>& components, const Steepness& steepness, double target) {
  const auto above = [&](double p) { return clipped_gradient_ratio(components, steepness, p) > target; };
  double low = least_p, high = largest_p;
  if (above(high)) return high;
  if (!above(low)) return low;
  for (int i = 0; i < halvings; ++i) {
    const double middle = (low + high) / 2;
    (above(middle) ? low : high) = middle;  // the ratio falls as P rises
  }
  return high;
}

OgcThreshold::OgcThreshold(OgcOptions options, Steepness steepness)
    : options_(options), steepness_(std::move(steepness)), threshold_(least_p) {
  queue_.reserve(options.queue);
}

void OgcThreshold::observe(std::span<const float> cross_entropies, double learning_rate) {
  const auto size = static_cast<std::size_t>(options_.queue);
  for (const float h : cross_entropies) {
    const float bounded =
        std::clamp(h, static_cast<float>(-std::log(largest_p)), static_cast<float>(-std::log(least_p)));
    if (queue_.size() < size) {
      queue_.push_back(bounded);
    } else {
      queue_[oldest_] = bounded;
      oldest_ = (oldest_ + 1) % size;
    }
  }
  ++steps_;
  if (queue_.size() < size || steps_ % options_.time_frame != 0) return;
  const auto [lowest, highest] = std::ranges::minmax(queue_);
  if (!(lowest < highest)) return;  // nothing to tell apart
  components_ = fit_two_gaussians(queue_);
  const double scale = options_.lr_scaled ? learning_rate : 1;
  threshold_ = find_threshold(components_, steepness_, 1 + scale * options_.epsilon);
}

void OgcThreshold::save(State& state) const {
  if (!queue_.empty()) state.put("scheme.queue", Tensor::from(queue_));
  state.put_count("scheme.oldest", static_cast<std::int64_t>(oldest_));
  state.put_count("scheme.steps", steps_);
  state.put_number("scheme.threshold", threshold_);
  std::vector<double> components;
  for (const Gaussian& g : components_) components.insert(components.end(), {g.weight, g.mean, g.variance});
  state.put_numbers("scheme.components", components);
}

void OgcThreshold::load(const State& state) {
  queue_.clear();
  if (state.has("scheme.queue")) queue_ = state.tensor("scheme.queue").to_vector<float>();
  oldest_ = static_cast<std::size_t>(state.count("scheme.oldest"));
  steps_ = state.count("scheme.steps");
  threshold_ = state.number("scheme.threshold");
  const std::vector<double> components = state.numbers("scheme.components");
  for (std::size_t k = 0; k < 2; ++k)
    components_[k] = {components.at(3 * k), components.at(3 * k + 1), components.at(3 * k + 2)};
}

}  // namespace noisegate
