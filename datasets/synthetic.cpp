// Everything is drawn in integers: with floating point, a compiler that fuses a multiply with an add could
// move an edge by a pixel value from one machine to the next.
#include "datasets/synthetic.h"

#include "datasets/synthetic_shapes.h"
#include "engine/random.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace noisegate {
namespace {

constexpr int side = 32;
constexpr int channels = 3;

using Colour = std::array<int, channels>;

struct Canvas {
  std::array<Colour, side * side> pixels{};
  Colour& at(int x, int y) { return pixels[y * side + x]; }
};

/// Where a figure stands: lengths in 1/16 of a pixel, the turn as 1024·(cos, sin).
struct Pose {
  int x, y, radius;
  int cosine, sine;
};

int between(Philox& random, int low, int high) {
  return low + static_cast<int>(random.below(high - low + 1));
}

Colour draw_colour(Philox& random) {
  Colour colour;
  for (int& value : colour) value = between(random, 0, 255);
  return colour;
}

int distance(const Colour& a, const Colour& b) {
  int sum = 0;
  for (int c = 0; c < channels; ++c) sum += std::abs(a[c] - b[c]);
  return sum;
}

/// A colour at least `contrast` away from the background.
Colour draw_contrasting_colour(Philox& random, const Colour& background, int contrast) {
  Colour colour = draw_colour(random);
  while (distance(colour, background) < contrast) colour = draw_colour(random);
  return colour;
}

/// Turned by t ↦ ((1−t²)/(1+t²), 2t/(1+t²)), which needs no trigonometry.
Pose draw_pose(Philox& random, int smallest_radius, int largest_radius) {
  Pose pose{};
  pose.radius = between(random, smallest_radius, largest_radius);
  pose.x = between(random, pose.radius, 16 * side - pose.radius);
  pose.y = between(random, pose.radius, 16 * side - pose.radius);
  const int t = between(random, -64, 64);  // of 256: a turn of up to 28 degrees
  pose.cosine = 1024 * (65536 - t * t) / (65536 + t * t);
  pose.sine = 1024 * 512 * t / (65536 + t * t);
  return pose;
}

/// How many of four points of the pixel lie inside the figure.
int coverage(const figures::Figure& figure, const Pose& pose, int x, int y) {
  int covered = 0;
  for (const int dy : {4, 12})
    for (const int dx : {4, 12}) {
      const int u = 16 * x + dx - pose.x, v = 16 * y + dy - pose.y;
      covered += figure.inside((u * pose.cosine + v * pose.sine) / (4 * pose.radius),
                               (v * pose.cosine - u * pose.sine) / (4 * pose.radius));
    }
  return covered;
}

void paint(Canvas& canvas, const figures::Figure& figure, const Pose& pose, const Colour& colour) {
  const int reach = pose.radius * 4 / 3;  // the corners of the checker
  const auto first_pixel = [&](int centre) { return std::max(0, (centre - reach) / 16); };
  const auto last_pixel = [&](int centre) { return std::min(side - 1, (centre + reach) / 16); };
  for (int y = first_pixel(pose.y); y <= last_pixel(pose.y); ++y)
    for (int x = first_pixel(pose.x); x <= last_pixel(pose.x); ++x) {
      const int covered = coverage(figure, pose, x, y);
      Colour& pixel = canvas.at(x, y);
      for (int c = 0; c < channels; ++c) pixel[c] += (colour[c] - pixel[c]) * covered / 4;
    }
}

/// Between four corners that differ a little from `colour`, bilinearly.
void paint_background(Canvas& canvas, Philox& random, const Colour& colour) {
  std::array<Colour, 4> corners;
  for (Colour& corner : corners)
    for (int c = 0; c < channels; ++c) corner[c] = colour[c] + between(random, -50, 50);
  constexpr int last = side - 1;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      for (int c = 0; c < channels; ++c)
        canvas.at(x, y)[c] = ((corners[0][c] * (last - x) + corners[1][c] * x) * (last - y) +
                              (corners[2][c] * (last - x) + corners[3][c] * x) * y) /
                             (last * last);
}

void paint_clutter(Canvas& canvas, Philox& random, int count) {
  for (int i = 0; i < count; ++i) {
    const figures::Figure& figure = figures::all[random.below(figures::all.size())];
    const Pose pose = draw_pose(random, 16 * 3 / 2, 16 * 3);
    paint(canvas, figure, pose, draw_colour(random));
  }
}

void add_noise(Canvas& canvas, Philox& random, int amplitude) {
  for (Colour& pixel : canvas.pixels) {
    const std::uint32_t bits = random.next();
    for (int c = 0; c < channels; ++c) {
      const int uniform = static_cast<int>((bits >> (8 * c)) & 255) - 128;
      pixel[c] += amplitude * uniform / 128;
    }
  }
}

void draw_image(int label, Philox random, std::uint8_t* image) {
  Canvas canvas;
  const Colour background = draw_colour(random);
  paint_background(canvas, random, background);
  paint_clutter(canvas, random, between(random, 1, 4));
  const Colour colour = draw_contrasting_colour(random, background, 250);
  paint(canvas, figures::all[label], draw_pose(random, 16 * 9, 16 * 13), colour);
  paint_clutter(canvas, random, between(random, 0, 1));
  add_noise(canvas, random, between(random, 10, 40));

  for (const Colour& pixel : canvas.pixels)
    for (const int value : pixel) *image++ = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

enum class Part : std::uint32_t { train = 0, test = 1 };

ImageSet draw_set(int samples, Part part, std::uint64_t seed) {
  ImageSet set;
  set.images = Tensor::empty({samples, side, side, channels}, DType::u8);
  set.truth.resize(samples);
  std::uint8_t* images = set.images.data<std::uint8_t>();
#pragma omp parallel for
  for (int i = 0; i < samples; ++i) {
    set.truth[i] = i % static_cast<int>(figures::all.size());
    const Philox random(seed, Purpose::synthetic_data, static_cast<std::uint32_t>(part), i);
    draw_image(set.truth[i], random, images + std::int64_t{i} * side * side * channels);
  }
  set.given = set.truth;
  return set;
}

}  // namespace

Dataset make_synthetic(const SyntheticOptions& options) {
  Dataset dataset;
  dataset.name = "synthetic";
  dataset.classes = static_cast<int>(figures::all.size());
  for (const figures::Figure& figure : figures::all) dataset.class_names.emplace_back(figure.name);
  dataset.train = draw_set(options.train, Part::train, options.seed);
  dataset.test = draw_set(options.test, Part::test, options.seed);
  dataset.mean = {0.5f, 0.5f, 0.5f};  // measured
  dataset.deviation = {0.295f, 0.295f, 0.295f};
  return dataset;
}

DatasetReader synthetic_reader() {
  constexpr int most = 1'000'000;
  const SyntheticOptions defaults;
  const auto make = [](const Values& values, const std::filesystem::path&) {
    return make_synthetic({.train = values.integer("train"),
                           .test = values.integer("test"),
                           .seed = static_cast<std::uint64_t>(values.integer("seed"))});
  };
  return {{{.name = "synthetic",
            .what = "drawn figures of 10 classes, 32x32, needs no files",
            .parameters = {parameter::integer("train", defaults.train, {1, most}, "for training", "images"),
                           parameter::integer("test", defaults.test, {1, most}, "for testing", "images"),
                           parameter::integer("seed", 0, {0, most}, "of what is drawn at random")}},
           make}};
}

}  // namespace noisegate
