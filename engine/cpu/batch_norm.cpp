// Batch norm in as few passes over memory as it can be done in: forward one for the statistics and one that
// normalises, adds the residual and applies ReLU; backward one for the two sums and one for the gradients.
// All work on panels of sixteen channels (panels.h). Sums run in float32 over the pixels of one image and in
// double over images, always in the same order, so results do not depend on the number of threads.
#include "engine/cpu/backend.h"
#include "engine/cpu/layout.h"
#include "engine/cpu/panels.h"

#include <cmath>
#include <vector>

namespace noisegate {
namespace {

/// Two sums a channel for every image, later added up over the images.
class PartialSums {
 public:
  explicit PartialSums(const Panels& panels)
      : panels_(panels), sums_(panels.images() * panels.blocks() * 2 * lane_count) {}

  float* at(std::int64_t image, std::int64_t block) {
    return sums_.data() + (image * panels_.blocks() + block) * 2 * lane_count;
  }
  double total(int which, std::int64_t channel) const {
    const std::int64_t step = panels_.blocks() * 2 * lane_count;
    const float* sum =
        sums_.data() + channel / lane_count * 2 * lane_count + which * lane_count + channel % lane_count;
    double total = 0;
    for (std::int64_t image = 0; image < panels_.images(); ++image) total += sum[image * step];
    return total;
  }

 private:
  const Panels& panels_;
  std::vector<float> sums_;
};

/// Mean and biased variance of every channel. Values are shifted by the channel's first one before they are
/// squared, or the difference E x² − (E x)² would lose its digits where the mean is large against the
/// deviation.
void batch_statistics(const Tensor& x, std::vector<double>& mean, std::vector<double>& variance) {
  const Panels panels(x);
  PartialSums sums(panels);
  const float* values = x.data<float>();
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const float* pixel = values + panels.begin(image, block);
    const Lanes pivot = load(values + panels.begin(0, block), count);
    // Four chains, since one addition would wait for the one before.
    Lanes sum[4]{}, square[4]{};
    std::int64_t i = 0;
    for (; i + 4 <= panels.pixels(); i += 4)
      for (int chain = 0; chain < 4; ++chain) {
        const Lanes value = load(pixel + (i + chain) * panels.stride(), count) - pivot;
        sum[chain] += value;
        square[chain] += value * value;
      }
    for (; i < panels.pixels(); ++i) {
      const Lanes value = load(pixel + i * panels.stride(), count) - pivot;
      sum[0] += value;
      square[0] += value * value;
    }
    float* out = sums.at(image, block);
    store(out, (sum[0] + sum[1]) + (sum[2] + sum[3]), lane_count);
    store(out + lane_count, (square[0] + square[1]) + (square[2] + square[3]), lane_count);
  });

  const double size = static_cast<double>(panels.images() * panels.pixels());
  for (std::int64_t channel = 0; channel < panels.channels(); ++channel) {
    const double pivot = values[panels.begin(0, channel / lane_count) + channel % lane_count];
    const double shifted_mean = sums.total(0, channel) / size;
    mean[channel] = pivot + shifted_mean;
    variance[channel] = std::max(0.0, sums.total(1, channel) / size - shifted_mean * shifted_mean);
  }
}

/// y = (x − mean)·factor + shift; the backward works its ReLU mask out by the very same expression.
struct Normalise {
  Lanes mean, factor, shift;
  Lanes operator()(Lanes x) const { return (x - mean) * factor + shift; }
};

/// What is constant over a channel.
struct Channels {
  Channels(const Tensor& scale, const Tensor& shift, const BatchNormSaved& saved)
      : scale_(scale.data<float>()),
        shift_(shift.data<float>()),
        mean_(saved.mean.data<float>()),
        inverse_deviation_(saved.inverse_deviation.data<float>()) {}

  Lanes mean(std::int64_t block, int count) const { return load(mean_ + block * lane_count, count); }
  Lanes inverse_deviation(std::int64_t block, int count) const {
    return load(inverse_deviation_ + block * lane_count, count);
  }
  Normalise normalise(std::int64_t block, int count) const {
    return {mean(block, count), load(scale_ + block * lane_count, count) * inverse_deviation(block, count),
            load(shift_ + block * lane_count, count)};
  }

 private:
  const float *scale_, *shift_, *mean_, *inverse_deviation_;
};

void normalise(const Tensor& x, const Channels& channels, const float* residual, bool relu, Tensor& y) {
  const Panels panels(x);
  const float* in = x.data<float>();
  float* out = y.data<float>();
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const Normalise f = channels.normalise(block, count);
    const std::int64_t begin = panels.begin(image, block);
    for (std::int64_t i = 0; i < panels.pixels(); ++i) {
      const std::int64_t at = begin + i * panels.stride();
      Lanes value = f(load(in + at, count));
      if (residual) value += load(residual + at, count);
      if (relu) value = rectify(value);
      store(out + at, value, count);
    }
  });
}

}  // namespace

Tensor CpuBackend::batch_norm(const Tensor& x, const BlockMoments&, const Tensor& scale, const Tensor& shift,
                              Tensor& running_mean, Tensor& running_variance, const BatchNormOptions& options,
                              const Tensor& residual, BatchNormSaved* saved) {
  const std::int64_t count = scale.numel();
  float *mean = running_mean.data<float>(), *variance = running_variance.data<float>();
  BatchNormSaved used{Tensor::empty({count}), Tensor::empty({count})};
  std::vector<double> batch_mean(mean, mean + count), batch_variance(variance, variance + count);
  if (options.training) {
    batch_statistics(x, batch_mean, batch_variance);
    const double size = static_cast<double>(x.numel()) / static_cast<double>(count),
                 keep = 1.0 - options.momentum;
    for (std::int64_t c = 0; c < count; ++c) {
      mean[c] = static_cast<float>(keep * mean[c] + options.momentum * batch_mean[c]);
      const double unbiased = batch_variance[c] * size / (size - 1);
      variance[c] = static_cast<float>(keep * variance[c] + options.momentum * unbiased);
    }
  }
  for (std::int64_t c = 0; c < count; ++c) {
    used.mean.data<float>()[c] = static_cast<float>(batch_mean[c]);
    used.inverse_deviation.data<float>()[c] =
        static_cast<float>(1 / std::sqrt(batch_variance[c] + options.epsilon));
  }

  Tensor y = Tensor::empty(x.shape(), DType::f32, Device::cpu, x.layout());
  const Tensor added = residual.defined() ? in_layout(residual, x.layout()) : Tensor();
  normalise(x, Channels(scale, shift, used), added.defined() ? added.data<float>() : nullptr, options.relu,
            y);
  if (saved) *saved = used;
  return y;
}

Backend::BatchNormGradients CpuBackend::batch_norm_backward(Tensor grad, const Tensor& x,
                                                            const Tensor& output, const Tensor& scale,
                                                            const Tensor& shift, const BatchNormSaved& saved,
                                                            const BatchNormOptions& options,
                                                            bool has_residual) {
  const Panels panels(x);
  const Channels channels(scale, shift, saved);
  grad = in_layout(grad, x.layout());
  const bool may_overwrite = grad.sole_owner();
  const auto like_x = [&] { return Tensor::empty(x.shape(), DType::f32, Device::cpu, x.layout()); };
  const float *dy = grad.data<float>(), *in = x.data<float>();
  const float* y = output.defined() ? output.data<float>() : nullptr;

  // Without ReLU the residual's gradient is dy itself. With it, the first pass writes the masked dy down, and
  // the second reads that.
  BatchNormGradients grads;
  const bool writes_masked = has_residual && options.relu;
  if (has_residual) grads.residual = writes_masked && !may_overwrite ? like_x() : grad;
  float* masked = writes_masked ? grads.residual.data<float>() : nullptr;

  const auto passed = [&](std::int64_t at, Lanes value, const Normalise& f, Lanes gradient, int lanes) {
    const Lanes forward = y ? load(y + at, lanes) : f(value);
    return forward > Lanes{} ? gradient : Lanes{};
  };

  PartialSums sums(panels);
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const Normalise f = channels.normalise(block, count);
    const std::int64_t begin = panels.begin(image, block);
    Lanes sum[2]{}, product[2]{};
    const auto add = [&](std::int64_t i, int chain) {
      const std::int64_t at = begin + i * panels.stride();
      const Lanes value = load(in + at, count);
      Lanes gradient = load(dy + at, count);
      if (options.relu) gradient = passed(at, value, f, gradient, count);
      if (masked) store(masked + at, gradient, count);
      sum[chain] += gradient;
      product[chain] += gradient * (value - f.mean);
    };
    std::int64_t i = 0;
    for (; i + 2 <= panels.pixels(); i += 2) add(i, 0), add(i + 1, 1);
    if (i < panels.pixels()) add(i, 0);
    store(sums.at(image, block), sum[0] + sum[1], lane_count);
    store(sums.at(image, block) + lane_count, product[0] + product[1], lane_count);
  });

  const double size = static_cast<double>(panels.images() * panels.pixels());
  grads.scale = Tensor::empty(scale.shape());
  grads.shift = Tensor::empty(scale.shape());
  std::vector<float> mean_gradient(panels.blocks() * lane_count), mean_product(mean_gradient.size());
  for (std::int64_t c = 0; c < panels.channels(); ++c) {
    const double deviation = saved.inverse_deviation.data<float>()[c];
    const double sum = sums.total(0, c), product = sums.total(1, c) * deviation;
    grads.shift.data<float>()[c] = static_cast<float>(sum);
    grads.scale.data<float>()[c] = static_cast<float>(product);
    if (!options.training) continue;  // the statistics were constants
    mean_gradient[c] = static_cast<float>(sum / size);
    mean_product[c] = static_cast<float>(product * deviation / size);
  }

  // dx overwrites dy if dy has no other use: less memory, and the writes find their lines in the cache.
  grads.x = may_overwrite && !has_residual ? grad : like_x();
  float* dx = grads.x.data<float>();
  const float* gradient_of_sum = masked ? masked : dy;
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const Normalise f = channels.normalise(block, count);
    const Lanes offset = load(&mean_gradient[block * lane_count], lane_count);
    const Lanes slope = load(&mean_product[block * lane_count], lane_count);
    const std::int64_t begin = panels.begin(image, block);
    for (std::int64_t i = 0; i < panels.pixels(); ++i) {
      const std::int64_t at = begin + i * panels.stride();
      const Lanes value = load(in + at, count);
      Lanes gradient = load(gradient_of_sum + at, count);
      if (options.relu && !masked) gradient = passed(at, value, f, gradient, count);
      store(dx + at, f.factor * (gradient - offset - (value - f.mean) * slope), count);
    }
  });
  return grads;
}

}  // namespace noisegate
