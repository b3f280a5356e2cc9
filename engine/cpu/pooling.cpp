// Pooling over panels of sixteen channels (panels.h). One thread computes each output pixel, and the thread
// that has the whole panel its input gradients, so no two threads add to the same place.
#include "engine/cpu/backend.h"
#include "engine/cpu/layout.h"
#include "engine/cpu/panels.h"

namespace noisegate {
namespace {

Shape pooled_shape(const Shape& in, PoolWindow window) {
  return {in[0], (in[1] + 2 * window.padding - window.size) / window.stride + 1,
          (in[2] + 2 * window.padding - window.size) / window.stride + 1, in[3]};
}

/// Calls visit(input pixel, place in the window) for the pixels that the window of output pixel (p, q)
/// covers.
template <class Visit>
void for_each_covered(const Shape& in, PoolWindow window, std::int64_t p, std::int64_t q, Visit visit) {
  for (int r = 0; r < window.size; ++r)
    for (int s = 0; s < window.size; ++s) {
      const std::int64_t row = p * window.stride + r - window.padding,
                         column = q * window.stride + s - window.padding;
      if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
      visit(row * in[2] + column, r * window.size + s);
    }
}

/// Calls body(output pixel, p, q) for every output pixel.
template <class Body>
void for_each_output(const Shape& out, Body body) {
  for (std::int64_t p = 0; p < out[1]; ++p)
    for (std::int64_t q = 0; q < out[2]; ++q) body(p * out[2] + q, p, q);
}

/// The gradient of a pooling: that of every output pixel is spread over the pixels its window covers.
/// part_of(at, count) gives, for the output's element at, a function from (its gradient, place in the window)
/// to what that place gets.
template <class PartOf>
Tensor spread(const Tensor& grad, const Shape& input_shape, PoolWindow window, PartOf part_of) {
  Tensor dx = Tensor::empty(input_shape, DType::f32, Device::cpu, grad.layout());
  const Panels from(grad), to(dx);
  const float* dy = grad.data<float>();
  float* out = dx.data<float>();
  for_each_panel(from, [&](std::int64_t image, std::int64_t block, auto count) {
    float* panel = out + to.begin(image, block);
    for (std::int64_t i = 0; i < to.pixels(); ++i) store(panel + i * to.stride(), Lanes{}, count);
    for_each_output(grad.shape(), [&](std::int64_t pixel, std::int64_t p, std::int64_t q) {
      const std::int64_t at = from.begin(image, block) + pixel * from.stride();
      const Lanes gradient = load(dy + at, count);
      const auto part = part_of(at, count);
      for_each_covered(input_shape, window, p, q, [&](std::int64_t covered, int place) {
        float* target = panel + covered * to.stride();
        store(target, load(target, count) + part(gradient, place), count);
      });
    });
  });
  return dx;
}

}  // namespace

Pooled CpuBackend::max_pool2d(const Tensor& x, PoolWindow window) {
  const Shape in = x.shape(), out = pooled_shape(in, window);
  Pooled pooled{Tensor::empty(out, DType::f32, Device::cpu, x.layout()),
                Tensor::empty(out, DType::u8, Device::cpu, x.layout())};
  const Panels from(x), to(pooled.output);
  const float* values = x.data<float>();
  float* best = pooled.output.data<float>();
  std::uint8_t* argmax = pooled.argmax.data<std::uint8_t>();
  for_each_panel(from, [&](std::int64_t image, std::int64_t block, auto count) {
    const float* pixels = values + from.begin(image, block);
    for_each_output(out, [&](std::int64_t pixel, std::int64_t p, std::int64_t q) {
      Lanes highest{};
      LaneMask winner = LaneMask{} - 1;  // none yet
      for_each_covered(in, window, p, q, [&](std::int64_t covered, int place) {
        const Lanes value = load(pixels + covered * from.stride(), count);
        const LaneMask wins =
            (value > highest) | (winner < 0) | (value != value);  // NaN wins, as it must be seen
        highest = wins ? value : highest;
        winner = wins ? LaneMask{} + place : winner;
      });
      const std::int64_t at = to.begin(image, block) + pixel * to.stride();
      store(best + at, highest, count);
      for (int lane = 0; lane < count; ++lane) argmax[at + lane] = static_cast<std::uint8_t>(winner[lane]);
    });
  });
  return pooled;
}

Tensor CpuBackend::max_pool2d_backward(const Tensor& grad, const Tensor& argmax, const Shape& input_shape,
                                       PoolWindow window) {
  const Tensor gradient = in_layout(grad, argmax.layout());
  const std::uint8_t* winners = argmax.data<std::uint8_t>();
  return spread(gradient, input_shape, window, [&](std::int64_t at, int count) {
    return [winner = load_bytes(winners + at, count)](Lanes dy, int place) {
      return winner == place ? dy : Lanes{};
    };
  });
}

Tensor CpuBackend::average_pool2d(const Tensor& x, PoolWindow window) {
  const Shape in = x.shape(), out = pooled_shape(in, window);
  Tensor y = Tensor::empty(out, DType::f32, Device::cpu, x.layout());
  const Panels from(x), to(y);
  const float* values = x.data<float>();
  float* means = y.data<float>();
  const Lanes share = broadcast(1.0f / static_cast<float>(window.size * window.size));
  for_each_panel(from, [&](std::int64_t image, std::int64_t block, auto count) {
    const float* pixels = values + from.begin(image, block);
    for_each_output(out, [&](std::int64_t pixel, std::int64_t p, std::int64_t q) {
      Lanes sum{};
      for_each_covered(in, window, p, q, [&](std::int64_t covered, int) {
        sum += load(pixels + covered * from.stride(), count);
      });
      store(means + to.begin(image, block) + pixel * to.stride(), sum * share, count);
    });
  });
  return y;
}

Tensor CpuBackend::average_pool2d_backward(const Tensor& grad, const Shape& input_shape, PoolWindow window) {
  const Lanes share = broadcast(1.0f / static_cast<float>(window.size * window.size));
  return spread(grad, input_shape, window,
                [&](std::int64_t, int) { return [share](Lanes dy, int) { return dy * share; }; });
}

Tensor CpuBackend::global_average_pool(const Tensor& x) {
  Tensor y = Tensor::empty({x.size(0), x.size(3)});
  const Panels panels(x);
  const float* values = x.data<float>();
  float* means = y.data<float>();
  const Lanes share = broadcast(1.0f / static_cast<float>(panels.pixels()));
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const float* pixels = values + panels.begin(image, block);
    Lanes sum{};
    for (std::int64_t i = 0; i < panels.pixels(); ++i) sum += load(pixels + i * panels.stride(), count);
    store(means + image * panels.channels() + block * lane_count, sum * share, count);
  });
  return y;
}

Tensor CpuBackend::global_average_pool_backward(const Tensor& grad, const Shape& input_shape, Layout layout) {
  Tensor dx = Tensor::empty(input_shape, DType::f32, Device::cpu, layout);
  const Panels panels(dx);
  const float* dy = grad.data<float>();
  float* out = dx.data<float>();
  const Lanes share = broadcast(1.0f / static_cast<float>(panels.pixels()));
  for_each_panel(panels, [&](std::int64_t image, std::int64_t block, auto count) {
    const Lanes part = load(dy + image * panels.channels() + block * lane_count, count) * share;
    float* pixels = out + panels.begin(image, block);
    for (std::int64_t i = 0; i < panels.pixels(); ++i) store(pixels + i * panels.stride(), part, count);
  });
  return dx;
}

}  // namespace noisegate
