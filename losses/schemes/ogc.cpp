#include "losses/schemes/ogc.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace noisegate {
namespace {

constexpr double least_p = 1e-7, largest_p = 1 - 1e-7;
constexpr int ratio_samples = DeviceOgc::ratio_samples, halvings = DeviceOgc::halvings;

/// The cross entropies that clipped_gradient_ratio() looks at.
double sampled_cross_entropy(int i) {
  const double low = -std::log(largest_p), high = -std::log(least_p);
  return low + (high - low) * i / (ratio_samples - 1);
}

}  // namespace

double clipped_gradient_ratio(const std::array<Gaussian, 2>& components, const Steepness& steepness,
                              double threshold) {
  const double tau = steepness(threshold);
  double clipped[2] = {}, density[2] = {};
  for (int i = 0; i < ratio_samples; ++i) {
    const double h = sampled_cross_entropy(i);
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
  const auto last_place = std::max<std::int64_t>(std::ssize(queue_), 1) - 1;
  oldest_ = static_cast<std::size_t>(state.count("scheme.oldest", 0, last_place));
  steps_ = state.count("scheme.steps", 0, std::int64_t{1} << 53);
  threshold_ = state.number("scheme.threshold");
  const std::vector<double> components = state.numbers("scheme.components");
  for (std::size_t k = 0; k < 2; ++k)
    components_[k] = {components.at(3 * k), components.at(3 * k + 1), components.at(3 * k + 2)};
}

DeviceOgc OgcThreshold::to_device() const {
  std::vector<float> queue = queue_;
  queue.resize(options_.queue);
  const bool full = queue_.size() == queue.size();
  OgcMemory memory{
      static_cast<std::int64_t>(full ? queue.size() + oldest_ : queue_.size()), steps_, threshold_, {}};
  for (std::size_t k = 0; k < 2; ++k) {
    memory.components[3 * k] = components_[k].weight;
    memory.components[3 * k + 1] = components_[k].mean;
    memory.components[3 * k + 2] = components_[k].variance;
  }
  return {.epsilon = options_.epsilon,
          .time_frame = options_.time_frame,
          .lr_scaled = options_.lr_scaled,
          .lowest = sampled_cross_entropy(0),
          .highest = sampled_cross_entropy(ratio_samples - 1),
          .queue = Tensor::from(queue).to(Device::cuda),
          .memory = noisegate::to_device(memory),
          .table = {},
          .point = {}};
}

std::unique_ptr<DeviceOgc::Table> OgcThreshold::device_table() const {
  auto table = std::make_unique<DeviceOgc::Table>();
  for (int i = 0; i < ratio_samples; ++i)
    table->steepness_of_sample[i] = steepness_(std::exp(-sampled_cross_entropy(i)));
  double* grid = table->threshold;
  const int last = DeviceOgc::grid_points - 1;
  grid[0] = least_p;
  grid[last] = largest_p;
  for (int step = last / 2; step > 0; step /= 2)
    for (int i = step; i < last; i += 2 * step) grid[i] = (grid[i - step] + grid[i + step]) / 2;
  for (int i = 0; i <= last; ++i) table->tau[i] = steepness_(grid[i]);
  return table;
}

void OgcThreshold::take(const DeviceOgc& ogc) {
  const auto memory = from_device<OgcMemory>(ogc.memory);
  const std::int64_t size = options_.queue;
  queue_ = ogc.queue.to_vector<float>();
  queue_.resize(std::min(memory.seen, size));
  oldest_ = memory.seen < size ? 0 : memory.seen % size;
  steps_ = memory.steps;
  threshold_ = memory.threshold;
  for (std::size_t k = 0; k < 2; ++k)
    components_[k] = {memory.components[3 * k], memory.components[3 * k + 1], memory.components[3 * k + 2]};
}

}  // namespace noisegate
