// Batch norm in as few passes over memory as it can be done in: forward one for the statistics, where x does
// not bring its moments, and one that normalises, adds the residual and applies ReLU; backward one for the
// two sums and one for the gradients. Between them a small kernel makes of the sums what is constant over a
// channel. All statistics are float32 or double, whatever the activations are.
#include "engine/cuda/backend.h"
#include "engine/cuda/batch_statistics.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/for_each_pack.h"

namespace noisegate::cuda {
namespace {

/// y = (x − mean)·factor + shift of `width` channels; the backward works its ReLU mask out by the very same
/// expression.
template <int width>
struct Normalisation {
  float mean[width], factor[width], shift[width];

  NOISEGATE_DEVICE float operator()(float x, int k) const { return (x - mean[k]) * factor[k] + shift[k]; }
};

struct Normalise {
  Span<const float> mean, inverse_deviation, scale, shift;

  template <int width>
  NOISEGATE_DEVICE Normalisation<width> of(std::int64_t c) const {
    Normalisation<width> channels;
    for (int k = 0; k < width; ++k) {
      channels.mean[k] = mean[c + k];
      channels.factor[k] = scale[c + k] * inverse_deviation[c + k];
      channels.shift[k] = shift[c + k];
    }
    return channels;
  }
};

template <class T, int width_>
struct Forward {
  static constexpr int width = width_;
  struct Loaded {
    Pack<T, width> x, residual;
  };
  Normalise normalise;
  bool relu;
  Span<const T> x, residual;
  Span<T> y;

  NOISEGATE_DEVICE Normalisation<width> constants(std::int64_t c) const { return normalise.of<width>(c); }
  NOISEGATE_DEVICE Loaded load(std::int64_t pack) const {
    Loaded loaded{x.template load<width>(pack * width), {}};
    if (residual) loaded.residual = residual.template load<width>(pack * width);
    return loaded;
  }
  NOISEGATE_DEVICE void store(const Normalisation<width>& normalised, const Loaded& loaded,
                              std::int64_t pack) const {
    float values[width];
    for (int k = 0; k < width; ++k) {
      const float value = normalised(loaded.x[k], k) + static_cast<float>(loaded.residual[k]);
      values[k] = relu && value < 0 ? 0 : value;
    }
    y.template store<width>(pack * width, to_pack<T>(values));
  }
};

/// The gradient that passed ReLU.
template <class T>
struct Passed {
  Normalise normalise;
  bool relu;
  Span<const T> dy, x;
  Span<const T> y;  // none: recomputed from x

  template <int width>
  struct Loaded {
    Pack<T, width> dy, x, y;

    NOISEGATE_DEVICE float distance(const Normalisation<width>& normalised, int k) const {
      return static_cast<float>(x[k]) - normalised.mean[k];
    }
  };
  template <int width>
  NOISEGATE_DEVICE Loaded<width> load(std::int64_t at) const {
    Loaded<width> loaded{dy.template load<width>(at), x.template load<width>(at), {}};
    if (relu && y) loaded.y = y.template load<width>(at);
    return loaded;
  }
  template <int width>
  NOISEGATE_DEVICE float gradient(const Normalisation<width>& normalised, const Loaded<width>& loaded,
                                  int k) const {
    if (!relu) return loaded.dy[k];
    const float forward = y ? static_cast<float>(loaded.y[k]) : normalised(loaded.x[k], k);
    return forward > 0 ? static_cast<float>(loaded.dy[k]) : 0;
  }
};

template <class T, int width_>
struct GradientSums {
  static constexpr int terms = 2, width = width_;
  using Loaded = typename Passed<T>::template Loaded<width>;
  Passed<T> passed;
  std::int64_t channels;
  Span<T> masked;  // none: not needed

  NOISEGATE_DEVICE Normalisation<width> constants(std::int64_t c) const {
    return passed.normalise.template of<width>(c);
  }
  NOISEGATE_DEVICE Loaded load(std::int64_t row, std::int64_t c) const {
    return passed.template load<width>(row * channels + c);
  }
  NOISEGATE_DEVICE void add(const Normalisation<width>& normalised, const Loaded& loaded, std::int64_t row,
                            std::int64_t c, float (&sums)[terms][width]) const {
    float gradients[width];
    for (int k = 0; k < width; ++k) {
      gradients[k] = passed.gradient(normalised, loaded, k);
      sums[0][k] += gradients[k];
      sums[1][k] += gradients[k] * loaded.distance(normalised, k);
    }
    if (masked) masked.template store<width>(row * channels + c, to_pack<T>(gradients));
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

template <class T, int width_>
struct InputGradient {
  static constexpr int width = width_;
  struct Constants {
    Normalisation<width> normalised;
    float offset[width], slope[width];
  };
  using Loaded = typename Passed<T>::template Loaded<width>;
  Passed<T> passed;
  Span<const float> offset, slope;
  Span<T> dx;

  NOISEGATE_DEVICE Constants constants(std::int64_t c) const {
    Constants channels{passed.normalise.template of<width>(c), {}, {}};
    for (int k = 0; k < width; ++k) {
      channels.offset[k] = offset[c + k];
      channels.slope[k] = slope[c + k];
    }
    return channels;
  }
  NOISEGATE_DEVICE Loaded load(std::int64_t pack) const { return passed.template load<width>(pack * width); }
  NOISEGATE_DEVICE void store(const Constants& channels, const Loaded& loaded, std::int64_t pack) const {
    const Normalisation<width>& normalised = channels.normalised;
    float values[width];
    for (int k = 0; k < width; ++k) {
      const float gradient = passed.gradient(normalised, loaded, k);
      values[k] = normalised.factor[k] *
                  (gradient - channels.offset[k] - loaded.distance(normalised, k) * channels.slope[k]);
    }
    dx.template store<width>(pack * width, to_pack<T>(values));
  }
};

/// Calls f with the width of the packs that fit the channels, as a constant.
template <class T, class F>
void with_pack(bool packs, const F& f) {
  if (packs)
    f(std::integral_constant<int, pack_size<T>>());
  else
    f(std::integral_constant<int, 1>());
}

}  // namespace

Tensor CudaBackend::batch_norm(const Tensor& x, const BlockMoments& moments, const Tensor& scale,
                               const Tensor& shift, Tensor& running_mean, Tensor& running_variance,
                               const BatchNormOptions& options, const Tensor& residual,
                               BatchNormSaved* saved) {
  const std::int64_t channels = scale.numel();
  BatchNormSaved used{empty_like(scale), empty_like(scale)};
  Tensor y = empty_like(x);
  with_type(x, [&]<class T>(std::type_identity<T>) {
    const auto make_statistics = [&](const auto& totals) {
      for_each_column(stream_, channels,
                      BatchStatistics<std::remove_cvref_t<decltype(totals)>>{
                          totals, static_cast<double>(x.numel() / channels), options.epsilon,
                          options.momentum, output(used.mean), output(used.inverse_deviation),
                          output(running_mean), output(running_variance)});
    };
    if (options.training && moments.sums.defined()) {
      make_statistics(MomentsOfBlocks{input(moments.sums), x.numel() / channels, moments.rows_of_block});
    } else if (options.training) {
      with_pack<T>(sums_by_packs<T>(channels), [&](auto width) {
        const auto sums = column_sums(stream_, x.numel() / channels, channels,
                                      ShiftedMoments<T, width()>{input<T>(x), channels});
        make_statistics(MomentsOfColumns<T>{sums.span(), input<T>(x), channels});
      });
    } else {
      for_each(stream_, channels,
               RunningStatistics{input(running_mean), input(running_variance), options.epsilon,
                                 output(used.mean), output(used.inverse_deviation)});
    }
    const Normalise normalise{input(used.mean), input(used.inverse_deviation), input(scale), input(shift)};
    with_pack<T>(channels % pack_size<T> == 0, [&](auto width) {
      for_each_pack(
          stream_, x.numel(), channels,
          Forward<T, width()>{normalise, options.relu, input<T>(x), input<T>(residual), output<T>(y)});
    });
  });
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

  // Without ReLU the residual's gradient is dy itself. With ReLU, the first pass stores the masked dy, and
  // the second reads it. dx overwrites dy if dy has no other use.
  BatchNormGradients grads{{}, empty_like(scale), empty_like(scale), {}};
  const bool writes_masked = has_residual && options.relu;
  if (has_residual) grads.residual = writes_masked ? empty_like(x) : grad;
  grads.x = grad.sole_owner() && !has_residual ? grad : empty_like(x);

  const Workspace<float> offset(channels), slope(channels);
  with_type(x, [&]<class T>(std::type_identity<T>) {
    const Span<T> masked = writes_masked ? output<T>(grads.residual) : Span<T>();
    Passed<T> passed{normalise, options.relu, input<T>(grad), input<T>(x), input<T>(y)};
    with_pack<T>(sums_by_packs<T>(channels), [&](auto width) {
      const auto sums =
          column_sums(stream_, rows, channels, GradientSums<T, width()>{passed, channels, masked});
      for_each_column(stream_, channels,
                      ParameterGradients{sums.span(), input(saved.inverse_deviation),
                                         static_cast<double>(rows), options.training, output(grads.scale),
                                         output(grads.shift), offset.span(), slope.span()});
    });
    if (writes_masked) passed = {normalise, false, masked, input<T>(x), {}};
    with_pack<T>(channels % pack_size<T> == 0, [&](auto width) {
      for_each_pack(stream_, x.numel(), channels,
                    InputGradient<T, width()>{passed, offset.span(), slope.span(), output<T>(grads.x)});
    });
  });
  return grads;
}

}  // namespace noisegate::cuda
