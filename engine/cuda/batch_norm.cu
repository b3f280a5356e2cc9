// Batch norm in as few passes over memory as it can be done in: forward one for the statistics and one that
// normalises, adds the residual and applies ReLU; backward one for the two sums and one for the gradients.
// Between them a small kernel makes of the sums what is constant over a channel.
#include "engine/cuda/backend.h"
#include "engine/cuda/column_sums.h"
#include "engine/cuda/each.h"

namespace noisegate::cuda {
namespace {

/// Values are shifted by the channel's first one before they are squared, or the difference E x² − (E x)²
/// would lose its digits where the mean is large against the deviation.
struct ShiftedMoments {
  Span<const float> x;
  std::int64_t channels;

  NOISEGATE_DEVICE Terms<2> operator()(std::int64_t row, std::int64_t c) const {
    const float value = x[row * channels + c] - x[c];
    return {{value, value * value}};
  }
};

/// Mean and 1/√(variance + ε), from the batch's sums; moves the running statistics.
struct BatchStatistics {
  Span<const float> sums, x;
  std::int64_t channels;
  double epsilon, momentum;
  Span<float> mean, inverse_deviation, running_mean, running_variance;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t c) const {
    const double sum = column_total<2>(thread, sums, channels, 0, c),
                 squares = column_total<2>(thread, sums, channels, 1, c);
    if (thread.lane() != 0) return;
    const double size = static_cast<double>(x.size() / channels), shifted_mean = sum / size;
    const double batch_mean = x[c] + shifted_mean;
    const double variance = math::max(0.0, squares / size - shifted_mean * shifted_mean);
    mean[c] = static_cast<float>(batch_mean);
    inverse_deviation[c] = static_cast<float>(math::rsqrt(variance + epsilon));
    running_mean[c] = static_cast<float>((1 - momentum) * running_mean[c] + momentum * batch_mean);
    running_variance[c] =
        static_cast<float>((1 - momentum) * running_variance[c] + momentum * variance * size / (size - 1));
  }
};

/// The same from the running statistics alone.
struct RunningStatistics {
  Span<const float> running_mean, running_variance;
  double epsilon;
  Span<float> mean, inverse_deviation;

  NOISEGATE_DEVICE void operator()(std::int64_t c) const {
    mean[c] = running_mean[c];
    inverse_deviation[c] = static_cast<float>(math::rsqrt(running_variance[c] + epsilon));
  }
};

/// What is constant over a channel, and y = (x − mean)·factor + shift of it; the backward works its ReLU mask
/// out by the very same expression.
struct Normalise {
  Span<const float> mean, inverse_deviation, scale, shift;

  NOISEGATE_DEVICE float factor(std::int64_t c) const { return scale[c] * inverse_deviation[c]; }
  NOISEGATE_DEVICE float operator()(float x, std::int64_t c) const {
    return (x - mean[c]) * factor(c) + shift[c];
  }
};

/// `width` neighbouring channels a thread.
template <int width>
struct Forward {
  Normalise normalise;
  std::int64_t channels;
  bool relu;
  Span<const float> x, residual;
  Span<float> y;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = i * width, c = at % channels;
    Pack<float, width> values = x.template load<width>(at), added{};
    if (residual) added = residual.template load<width>(at);
    for (int k = 0; k < width; ++k) {
      const float value = normalise(values[k], c + k) + added[k];
      values[k] = relu && value < 0 ? 0 : value;
    }
    y.template store<width>(at, values);
  }
};

/// The gradient that passed ReLU.
struct Passed {
  Normalise normalise;
  bool relu;
  Span<const float> y;  // none: worked out again from x

  NOISEGATE_DEVICE float operator()(float gradient, float x, std::int64_t at, std::int64_t c) const {
    if (!relu) return gradient;
    const float forward = y ? y[at] : normalise(x, c);
    return forward > 0 ? gradient : 0;
  }
};

struct GradientSums {
  Passed passed;
  std::int64_t channels;
  Span<const float> dy, x;
  Span<float> masked;  // none: nobody needs it

  NOISEGATE_DEVICE Terms<2> operator()(std::int64_t row, std::int64_t c) const {
    const std::int64_t at = row * channels + c;
    const float value = x[at], gradient = passed(dy[at], value, at, c);
    if (masked) masked[at] = gradient;
    return {{gradient, gradient * (value - passed.normalise.mean[c])}};
  }
};

/// dβ, dγ and what dx subtracts: of each gradient `offset`, of each distance from the mean `slope` times it.
struct ParameterGradients {
  Span<const float> sums, inverse_deviation;
  double rows;
  bool training;  // else the statistics were constants
  Span<float> scale, shift, offset, slope;

  NOISEGATE_DEVICE void operator()(const Thread& thread, std::int64_t c) const {
    const std::int64_t channels = scale.size();
    const double sum = column_total<2>(thread, sums, channels, 0, c),
                 product = column_total<2>(thread, sums, channels, 1, c) * inverse_deviation[c];
    if (thread.lane() != 0) return;
    shift[c] = static_cast<float>(sum);
    scale[c] = static_cast<float>(product);
    offset[c] = training ? static_cast<float>(sum / rows) : 0;
    slope[c] = training ? static_cast<float>(product * inverse_deviation[c] / rows) : 0;
  }
};

template <int width>
struct InputGradient {
  Passed passed;
  std::int64_t channels;
  Span<const float> dy, x, offset, slope;
  Span<float> dx;

  NOISEGATE_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = i * width, c = at % channels;
    const Pack<float, width> values = x.template load<width>(at);
    Pack<float, width> gradients = dy.template load<width>(at);
    const Normalise& normalise = passed.normalise;
    for (int k = 0; k < width; ++k) {
      const float gradient = passed(gradients[k], values[k], at + k, c + k);
      gradients[k] = normalise.factor(c + k) *
                     (gradient - offset[c + k] - (values[k] - normalise.mean[c + k]) * slope[c + k]);
    }
    dx.template store<width>(at, gradients);
  }
};

/// Runs Kernel<4> where whole packs fit the channels, else Kernel<1>.
template <template <int> class Kernel, class... Arguments>
void by_packs(Stream stream, std::int64_t count, std::int64_t channels, const Arguments&... arguments) {
  if (channels % 4 == 0)
    for_each(stream, count / 4, Kernel<4>{arguments...});
  else
    for_each(stream, count, Kernel<1>{arguments...});
}

}  // namespace

Tensor CudaBackend::batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift,
                               Tensor& running_mean, Tensor& running_variance,
                               const BatchNormOptions& options, const Tensor& residual,
                               BatchNormSaved* saved) {
  const std::int64_t channels = scale.numel();
  BatchNormSaved used{empty_like(scale), empty_like(scale)};
  if (options.training) {
    const Chunks chunks(x.numel() / channels, channels);
    const auto sums = column_sums<2>(stream_, chunks, ShiftedMoments{input(x), channels});
    for_each_column(
        stream_, channels,
        BatchStatistics{sums.span(), input(x), channels, options.epsilon, options.momentum, output(used.mean),
                        output(used.inverse_deviation), output(running_mean), output(running_variance)});
  } else {
    for_each(stream_, channels,
             RunningStatistics{input(running_mean), input(running_variance), options.epsilon,
                               output(used.mean), output(used.inverse_deviation)});
  }

  Tensor y = empty_like(x);
  const Normalise normalise{input(used.mean), input(used.inverse_deviation), input(scale), input(shift)};
  by_packs<Forward>(stream_, x.numel(), channels, normalise, channels, options.relu, input(x),
                    input(residual), output(y));
  if (saved) *saved = used;
  return y;
}

Backend::BatchNormGradients CudaBackend::batch_norm_backward(Tensor grad, const Tensor& x, const Tensor& y,
                                                             const Tensor& scale, const Tensor& shift,
                                                             const BatchNormSaved& saved,
                                                             const BatchNormOptions& options,
                                                             bool has_residual) {
  const std::int64_t channels = scale.numel(), rows = x.numel() / channels;
  const Normalise normalise{input(saved.mean), input(saved.inverse_deviation), input(scale), input(shift)};
  const Passed passed{normalise, options.relu, input(y)};

  // Without ReLU the residual's gradient is dy itself. With it, the first pass writes the masked dy down, and
  // the second reads that.
  BatchNormGradients grads{{}, empty_like(scale), empty_like(scale), {}};
  const bool writes_masked = has_residual && options.relu;
  if (has_residual) grads.residual = writes_masked ? empty_like(x) : grad;
  const Span<float> masked = writes_masked ? output(grads.residual) : Span<float>();

  const Workspace<float> offset(channels), slope(channels);
  const auto sums = column_sums<2>(stream_, Chunks(rows, channels),
                                   GradientSums{passed, channels, input(grad), input(x), masked});
  for_each_column(stream_, channels,
                  ParameterGradients{sums.span(), input(saved.inverse_deviation), static_cast<double>(rows),
                                     options.training, output(grads.scale), output(grads.shift),
                                     offset.span(), slope.span()});

  // dx overwrites dy where nobody else needs it.
  grads.x = grad.sole_owner() && !has_residual ? grad : empty_like(x);
  const Passed passed_already{normalise, false, {}};
  by_packs<InputGradient>(stream_, x.numel(), channels, writes_masked ? passed_already : passed, channels,
                          writes_masked ? Span<const float>(masked) : input(grad), input(x),
                          Span<const float>(offset.span()), Span<const float>(slope.span()), output(grads.x));
  return grads;
}

}  // namespace noisegate::cuda
