#include "losses/schemes/ogc.h"

#include "losses/schemes/kernels/scheme_kernels.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace noisegate {
namespace {

constexpr double smallest_p = 1e-7, largest_p = 1 - 1e-7;

/// At first P is 1e-7, which clips nothing to speak of.
OgcState initial_state(const PyLoss& loss) {
  const ClipPoint at = loss.point_at(smallest_p);
  return {.seen = 0,
          .steps = 0,
          .threshold = smallest_p,
          .components = {},
          .point = {at.threshold, at.tau, at.value_at_threshold}};
}

}  // namespace

OgcTable ogc_table(const std::function<double(double p)>& abs_dp,
                   const std::function<ClipPoint(double p)>& point_at) {
  OgcTable table{};
  table.lowest = -std::log(largest_p);
  table.highest = -std::log(smallest_p);
  for (int i = 0; i < OgcTable::samples; ++i) table.abs_dp_of_sample[i] = abs_dp(std::exp(-table.sample(i)));
  double* grid = table.threshold;
  const int last = OgcTable::grid_points - 1;
  grid[0] = smallest_p;
  grid[last] = largest_p;
  for (int step = last / 2; step > 0; step /= 2)
    for (int i = step; i < last; i += 2 * step) grid[i] = (grid[i - step] + grid[i + step]) / 2;
  for (int i = 0; i <= last; ++i) {
    const ClipPoint at = point_at(grid[i]);
    table.abs_dp[i] = abs_dp(grid[i]);
    table.tau[i] = at.tau;
    table.value[i] = at.value_at_threshold;
  }
  return table;
}

Ogc::Ogc(OgcOptions options, ClippedLossAt loss)
    : loss_(std::move(loss)),
      cross_entropy_(make_loss(Spec("ce", "scheme ogc"))),
      memory_{options, Tensor::zeros({options.queue}),
              DeviceValue<OgcState>(initial_state(loss_.unclipped())),
              DeviceValue<OgcTable>(ogc_table([this](double p) { return loss_.unclipped().abs_dp(p); },
                                              [this](double p) { return loss_.unclipped().point_at(p); }))} {}

Variable Ogc::loss(const SchemeBatch& batch, const LossStep& step) {
  const Tensor entropies = cross_entropy_->value_tensor(batch.logits.front(), batch.labels, step);
  scheme_kernels(entropies.device()).observe(memory_, entropies, step.scalars);
  return loss_(batch, memory_.state.data()->point);
}

void Ogc::move_to(Device device) {
  memory_.queue = memory_.queue.to(device);
  memory_.state.move_to(device);
  memory_.table.move_to(device);
}

std::vector<std::pair<std::string, double>> Ogc::metrics() const {
  const OgcState now = memory_.state.get();
  const Gaussian &clean = now.components[0], &noisy = now.components[1];
  return {{"prob_thr", now.threshold},        {"tau", loss_.unclipped().abs_dp(now.threshold)},
          {"mean_clean", clean.mean},         {"mean_noisy", noisy.mean},
          {"variance_clean", clean.variance}, {"variance_noisy", noisy.variance}};
}

void Ogc::save(State& state) const {
  const OgcState now = memory_.state.get();
  const std::int64_t size = memory_.options.queue;
  if (now.seen > 0)
    state.put("scheme.queue", memory_.queue.slice(0, std::min(now.seen, size)).to(Device::cpu));
  state.put_count("scheme.oldest", now.seen < size ? 0 : now.seen % size);
  state.put_count("scheme.steps", now.steps);
  state.put_number("scheme.threshold", now.threshold);
  std::vector<double> components;
  for (const Gaussian& g : now.components)
    components.insert(components.end(), {g.weight, g.mean, g.variance});
  state.put_numbers("scheme.components", components);
}

void Ogc::load(const State& state) {
  OgcState loaded = initial_state(loss_.unclipped());
  const std::int64_t size = memory_.options.queue;
  if (state.has("scheme.queue")) {
    const Tensor queue = state.tensor("scheme.queue");
    loaded.seen = std::min(queue.numel(), size);
    memory_.queue.slice(0, loaded.seen).copy_from(queue.slice(0, loaded.seen));
  }
  const std::int64_t oldest = state.count("scheme.oldest", 0, std::max<std::int64_t>(loaded.seen, 1) - 1);
  if (loaded.seen == size) loaded.seen += oldest;
  loaded.steps = state.count("scheme.steps", 0, std::int64_t{1} << 53);
  loaded.threshold = state.number("scheme.threshold");
  const ClipPoint at = loss_.unclipped().point_at(loaded.threshold);
  loaded.point[0] = at.threshold, loaded.point[1] = at.tau, loaded.point[2] = at.value_at_threshold;
  const std::vector<double> components = state.numbers("scheme.components");
  for (std::size_t k = 0; k < 2; ++k)
    loaded.components[k] = {components.at(3 * k), components.at(3 * k + 1), components.at(3 * k + 2)};
  memory_.state.set(loaded);
}

}  // namespace noisegate
