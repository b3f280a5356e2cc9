// Instance-dependent label noise: which wrong label an image gets is decided by its pixels. Xia et al.,
// "Part-dependent label noise", NeurIPS 2020, Algorithm 2: a flip rate q_i ~ N(rate, 0.1²) truncated to
// [0, 1]; a random matrix W_y (pixels × classes) for each class, of standard normals; the flip distribution
// q_i · softmax(x_i · W_y) over the wrong classes, x_i the raw pixels from 0 to 255.
//
// Sums of 3072 products of such pixels reach 10⁶ and the softmax is all but one-hot, so rounding decides
// labels. The weights are therefore whole multiples of 2⁻¹², which makes the sums exact, and the labels the
// same on every machine, whatever the order and width of its vector instructions.
#include "engine/error.h"
#include "noise/models.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace noisegate {
namespace {

constexpr double rate_deviation = 0.1;
constexpr double weight_unit = 0x1p-12;

/// Standard normal in double, by Box and Muller, so that rounding it to weight_unit hides what the machines'
/// mathematical functions differ by. At most 6.7 in size.
double normal(Philox& random) {
  const double u = (random.next() + 1.0) * 0x1p-32;  // in (0, 1]: the logarithm is finite
  const double v = random.next() * 0x1p-32;
  return std::sqrt(-2 * std::log(u)) * std::cos(6.28318530717958647693 * v);
}

/// W_y, a row for each given label, in units of weight_unit: 6.7 / 2⁻¹² fits 16 bits.
std::vector<std::int16_t> draw_weights(const NoiseInput& input, std::int32_t truth, std::int64_t pixels) {
  std::vector<std::int16_t> weights(input.classes * pixels);
#pragma omp parallel for
  for (int given = 0; given < input.classes; ++given) {
    Philox random(input.seed, Purpose::instance_weights, truth, given);
    for (std::int64_t i = 0; i < pixels; ++i)
      weights[given * pixels + i] = static_cast<std::int16_t>(std::lrint(normal(random) / weight_unit));
  }
  return weights;
}

/// The exact scalar product, in units of weight_unit.
std::int64_t dot(const std::uint8_t* image, const std::int16_t* weights, std::int64_t pixels) {
  constexpr std::int64_t block = 256;  // 256 · 255 · 6.7 · 2¹² stays below 2³¹
  std::int64_t sum = 0;
  for (std::int64_t begin = 0; begin < pixels; begin += block) {
    const std::int64_t end = std::min(begin + block, pixels);
    std::int32_t part = 0;
    for (std::int64_t i = begin; i < end; ++i) part += std::int32_t{image[i]} * weights[i];
    sum += part;
  }
  return sum;
}

/// softmax(x · W_y) over the wrong classes; the true one has none of it.
std::vector<double> flip_distribution(const std::uint8_t* image, const std::vector<std::int16_t>& weights,
                                      std::int32_t truth, int classes, std::int64_t pixels) {
  std::vector<double> p(classes);
  double largest = -std::numeric_limits<double>::infinity();
  for (int given = 0; given < classes; ++given) {
    if (given == truth) continue;
    p[given] = static_cast<double>(dot(image, weights.data() + given * pixels, pixels)) * weight_unit;
    largest = std::max(largest, p[given]);
  }
  double sum = 0;
  for (int given = 0; given < classes; ++given) {
    p[given] = given == truth ? 0 : std::exp(p[given] - largest);
    sum += p[given];
  }
  for (double& probability : p) probability /= sum;
  return p;
}

double draw_flip_rate(Philox& random, double rate) {
  for (;;) {
    const double q = rate + rate_deviation * normal(random);
    if (q >= 0 && q <= 1) return q;
  }
}

Labels flip_by_pixels(const Values& values, const NoiseInput& input) {
  const double rate = values.number("rate");
  if (input.classes < 2) reject("{}: instance noise needs two classes", values.spec().where());
  if (!input.images.defined())
    reject("{}: instance noise needs the images in memory, which this dataset has not",
           values.spec().where());
  const std::int64_t samples = input.images.size(0);
  const std::int64_t pixels = samples == 0 ? 0 : input.images.numel() / samples;
  const std::uint8_t* images = input.images.data<std::uint8_t>();

  Labels given = input.truth;
  for (std::int32_t truth = 0; truth < input.classes; ++truth) {
    const std::vector<std::int16_t> weights = draw_weights(input, truth, pixels);
#pragma omp parallel for schedule(dynamic, 64)
    for (std::int64_t i = 0; i < samples; ++i) {
      if (input.truth[i] != truth) continue;
      Philox random(input.seed, Purpose::sample_noise, 0, static_cast<std::uint32_t>(i));
      if (random.uniform() >= draw_flip_rate(random, rate)) continue;
      given[i] = draw_class(flip_distribution(images + i * pixels, weights, truth, input.classes, pixels),
                            random.uniform());
    }
  }
  return given;
}

}  // namespace

NoiseModel instance_noise() {
  return {{.name = "instance",
           .what = "to the class that the pixels of the image choose",
           .paper = "Xia et al., Part-dependent Label Noise, NeurIPS 2020",
           .parameters = {noise_rate_parameter(
               "the mean of the samples' flip rates before these are cut to [0, 1]")}},
          relabelled<flip_by_pixels>};
}

}  // namespace noisegate
