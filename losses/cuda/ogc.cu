// OGC's threshold (losses/schemes/ogc.h) on the GPU: by one block, which every so many steps fits the mixture
// of two Gaussians and finds the threshold, in double, by the steps of gaussian_mixture.cpp and ogc.cpp.
#include "engine/cuda/reduce.h"
#include "losses/cuda/loss_kernels.h"

namespace noisegate::cuda {
namespace {

constexpr int most_steps = 10, most_kmeans_steps = 100;
constexpr double tolerance = 1e-3, added_variance = 1e-3;

struct Gaussian {
  double weight, mean, variance;
};

struct ObserveOgc {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<double, threads / warp_size> of_warps;
    SharedArray<double, 2 * DeviceOgc::ratio_samples> density;  // of the one component, then of the other
  };
  double epsilon;
  int time_frame;
  bool lr_scaled;
  double lowest, highest, learning_rate;
  const StepScalars* scalars;
  Span<const float> cross_entropies;
  Span<float> queue;
  Span<OgcMemory> memory;
  Span<const DeviceOgc::Table> table;
  Span<float> point;
  Span<double> upper;  // the chance that a value of the queue belongs to the upper component

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const std::int64_t seen = memory[0].seen + cross_entropies.size(), steps = memory[0].steps + 1;
    take_in(thread, memory[0].seen);
    thread.barrier();
    if (thread.index() == 0) {
      memory[0].seen = seen;
      memory[0].steps = steps;
    }
    if (seen < queue.size() || steps % time_frame != 0) return;
    const double least = -largest(thread, shared, -1), most = largest(thread, shared, 1);
    if (!(least < most)) return;  // nothing to tell apart
    Gaussian components[2];
    fit(thread, shared, (least + most) / 2, components);
    const double rate = scalars ? scalars->learning_rate : learning_rate;
    const int at = find_threshold(thread, shared, components, 1 + (lr_scaled ? rate : 1) * epsilon);
    if (thread.index() == 0) keep(components, at);
  }

 private:
  template <class F>
  NOISEGATE_DEVICE static double sum(const Thread& thread, Shared& shared, std::int64_t count,
                                     const F& term) {
    double own = 0;
    for (std::int64_t i = thread.index(); i < count; i += threads) own += term(i);
    thread.barrier();
    return block_sum(thread, shared.of_warps, own);
  }

  NOISEGATE_DEVICE void take_in(const Thread& thread, std::int64_t before) const {
    const auto low = static_cast<float>(lowest), high = static_cast<float>(highest);
    for (std::int64_t i = thread.index(); i < cross_entropies.size(); i += threads) {
      if (i < cross_entropies.size() - queue.size()) continue;  // a later one has its place
      const float h = cross_entropies[i];
      queue[(before + i) % queue.size()] = h < low ? low : high < h ? high : h;
    }
  }

  /// The largest of sign·value over the queue.
  NOISEGATE_DEVICE double largest(const Thread& thread, Shared& shared, double sign) const {
    double own = sign * queue[0];
    for (std::int64_t i = thread.index(); i < queue.size(); i += threads)
      own = math::max(own, sign * queue[i]);
    own = warp_max(thread, own);
    thread.barrier();
    if (thread.lane() == 0) shared.of_warps[thread.warp()] = own;
    thread.barrier();
    double all = shared.of_warps[0];
    for (int warp = 1; warp < threads / warp_size; ++warp)
      all = math::max(all, static_cast<double>(shared.of_warps[warp]));
    return all;
  }

  NOISEGATE_DEVICE void fit(const Thread& thread, Shared& shared, double bound, Gaussian* components) const {
    const std::int64_t count = queue.size();
    for (int step = 0; step < most_kmeans_steps; ++step) {
      const auto is_high = [&](std::int64_t i) { return queue[i] > bound; };
      const double high = sum(thread, shared, count, [&](std::int64_t i) { return is_high(i) ? 1.0 : 0.0; });
      const double of_high =
          sum(thread, shared, count, [&](std::int64_t i) { return is_high(i) ? double{queue[i]} : 0.0; });
      const double of_low =
          sum(thread, shared, count, [&](std::int64_t i) { return is_high(i) ? 0.0 : double{queue[i]}; });
      const double next = (of_low / (static_cast<double>(count) - high) + of_high / high) / 2;
      if (next == bound) break;
      bound = next;
    }
    for (std::int64_t i = thread.index(); i < count; i += threads) upper[i] = queue[i] > bound ? 1 : 0;
    maximise(thread, shared, components);
    double before = 0;
    for (int step = 0; step < most_steps; ++step) {
      const double likelihood = expect(thread, shared, components);
      maximise(thread, shared, components);
      if (step > 0 && math::abs(likelihood - before) < tolerance) break;
      before = likelihood;
    }
    if (components[0].mean > components[1].mean) {
      const Gaussian first = components[0];
      components[0] = components[1];
      components[1] = first;
    }
  }

  NOISEGATE_DEVICE void maximise(const Thread& thread, Shared& shared, Gaussian* components) const {
    const std::int64_t samples = queue.size();
    for (int k = 0; k < 2; ++k) {
      const auto share = [&](std::int64_t i) { return k == 1 ? upper[i] : 1 - upper[i]; };
      // What keeps an empty component from a division by 0: the least normal double.
      const double count = sum(thread, shared, samples, share) + 2.2250738585072014e-308;
      const double mean =
          sum(thread, shared, samples, [&](std::int64_t i) { return share(i) * queue[i]; }) / count;
      const double squares = sum(thread, shared, samples, [&](std::int64_t i) {
        return share(i) * (queue[i] - mean) * (queue[i] - mean);
      });
      components[k] = {count / static_cast<double>(samples), mean, squares / count + added_variance};
    }
  }

  /// Sets `upper`; returns the mean log-likelihood. Each thread has its own values of the queue.
  NOISEGATE_DEVICE double expect(const Thread& thread, Shared& shared, const Gaussian* components) const {
    constexpr double two_pi = 6.283185307179586;
    double constant[2];
    for (int k = 0; k < 2; ++k)
      constant[k] = math::log(components[k].weight) - 0.5 * math::log(two_pi * components[k].variance);
    const auto log_density = [&](int k, double value) {
      const double distance = value - components[k].mean;
      return constant[k] - 0.5 * distance * distance / components[k].variance;
    };
    const double total = sum(thread, shared, queue.size(), [&](std::int64_t i) {
      const double low = log_density(0, queue[i]), high = log_density(1, queue[i]);
      const double larger = math::max(low, high), smaller = low < high ? low : high;
      const double log_sum = larger + math::log1p(math::exp(smaller - larger));
      upper[i] = math::exp(high - log_sum);
      return log_sum;
    });
    return total / static_cast<double>(queue.size());
  }

  /// The grid's point at which the ratio is `target`.
  NOISEGATE_DEVICE int find_threshold(const Thread& thread, Shared& shared, const Gaussian* components,
                                      double target) const {
    constexpr int samples = DeviceOgc::ratio_samples;
    double densities[2];
    for (int k = 0; k < 2; ++k) {
      densities[k] = sum(thread, shared, samples, [&](std::int64_t i) {
        const double h = lowest + (highest - lowest) * static_cast<double>(i) / (samples - 1);
        const double distance = h - components[k].mean;
        const double f = math::exp(-distance * distance / (2 * components[k].variance));
        shared.density[static_cast<int>(k * samples + i)] = f;
        return f;
      });
    }
    const auto above = [&](int at) {
      double clipped[2];
      for (int k = 0; k < 2; ++k) {
        clipped[k] = sum(thread, shared, samples, [&](std::int64_t i) {
          const double steepness = table[0].steepness_of_sample[i], tau = table[0].tau[at];
          return shared.density[static_cast<int>(k * samples + i)] * (steepness < tau ? steepness : tau);
        });
      }
      return clipped[1] / densities[1] / (clipped[0] / densities[0]) > target;
    };
    int low = 0, high = DeviceOgc::grid_points - 1;
    if (above(high)) return high;
    if (!above(low)) return low;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (above(middle))
        low = middle;  // the ratio falls as P rises
      else
        high = middle;
    }
    return high;
  }

  NOISEGATE_DEVICE void keep(const Gaussian* components, int at) const {
    memory[0].threshold = table[0].threshold[at];
    for (int k = 0; k < 2; ++k) {
      memory[0].components[3 * k] = components[k].weight;
      memory[0].components[3 * k + 1] = components[k].mean;
      memory[0].components[3 * k + 2] = components[k].variance;
    }
    point[0] = static_cast<float>(table[0].threshold[at]);
    point[1] = static_cast<float>(table[0].slope[at]);
    point[2] = static_cast<float>(table[0].value[at]);
  }
};

}  // namespace

void CudaLossKernels::observe(const DeviceOgc& ogc, const Tensor& cross_entropies, double learning_rate,
                              const StepScalars* scalars) {
  Tensor queue = ogc.queue, point = ogc.point;
  const Workspace<double> upper(queue.numel());
  launch(stream_of_losses, 1,
         ObserveOgc{ogc.epsilon, ogc.time_frame, ogc.lr_scaled, ogc.lowest, ogc.highest, learning_rate,
                    scalars, input(cross_entropies), output(queue), values_in<OgcMemory>(ogc.memory),
                    values_in<const DeviceOgc::Table>(ogc.table), output(point), upper.span()});
}

}  // namespace noisegate::cuda
