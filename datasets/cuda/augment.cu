// Pixels only move under crop, flip and rotation, so the place of an output pixel leads back to one byte of
// the image, and nothing is written down between the parts. Jitter changes each pixel by itself as well, but
// for the contrast, which wants the image's mean at that point: then a block takes the whole image and goes
// through its pixels twice.
#include "datasets/augment/affine.h"
#include "datasets/augment/colour.h"
#include "datasets/augment/colour_jitter.h"
#include "datasets/augment/crop_flip.h"
#include "datasets/augment/cutout.h"
#include "datasets/augment/normalise.h"
#include "datasets/cuda/augment.h"
#include "engine/cuda/device/memory.h"
#include "engine/cuda/device/reduce.h"

namespace noisegate::cuda {
namespace {

using colour::Pixel;

/// Where the pixels of one sample come from.
struct Moves {
  CropFlip window;
  AffineMap turn;
  Cutout square;
};

/// The images, and what is done to them: what DeviceBatch says, in numbers.
struct Recipe {
  Span<const std::uint8_t> images;
  Span<const std::int32_t> positions;
  int height, width, channels;
  int padding, cutout;
  bool flip;
  double rotation;
  ColourJitter jitter;
  float mean[3], deviation[3];
  std::uint64_t seed;
  std::uint32_t view;
  Span<const StepScalars> scalars;

  NOISEGATE_DEVICE int pixels() const { return height * width; }
  NOISEGATE_DEVICE AugmentationKey key(std::int32_t position) const {
    return {seed, scalars[0].epoch, static_cast<std::uint32_t>(position), view};
  }
  NOISEGATE_DEVICE Moves draw(const AugmentationKey& key) const {
    return {CropFlip::draw(padding, flip, key),
            rotation > 0 ? draw_rotation(rotation, height, width, key) : AffineMap(),
            cutout > 0 ? Cutout::draw(cutout, height, width, key) : Cutout{0, 0, 0, 0}};
  }
  /// The first byte of the pixel that is seen at (y, x); −1 where it is black.
  NOISEGATE_DEVICE std::int64_t source(const Moves& moves, std::int32_t position, int y, int x) const {
    const int turned_y = moves.turn.source_row(x, y), turned_x = moves.turn.source_column(x, y);
    if (!inside(turned_y, turned_x)) return -1;
    const int row = moves.window.source_row(turned_y), column = moves.window.source_column(turned_x, width);
    if (!inside(row, column)) return -1;
    return ((std::int64_t{position} * height + row) * width + column) * channels;
  }
  NOISEGATE_DEVICE float normalised(std::uint8_t value, int channel) const {
    return noisegate::normalised(value, mean[channel], deviation[channel]);
  }

 private:
  NOISEGATE_DEVICE bool inside(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
};

/// Pixels move: blocks of neighbouring elements of one sample.
template <class Out>
struct MovePixels {
  static constexpr int threads = 256, per_thread = 4, elements = threads * per_thread;
  Recipe recipe;
  Span<Out> out;

  int blocks_of_image() const {
    return static_cast<int>(parts(std::int64_t{recipe.height} * recipe.width * recipe.channels, elements));
  }

  NOISEGATE_DEVICE void operator()(const Thread& thread) const {
    const int channels = recipe.channels, values = recipe.pixels() * channels;
    const int of_image = static_cast<int>(parts(values, elements));
    const int sample = thread.block() / of_image, first = thread.block() % of_image * elements;
    const std::int32_t position = recipe.positions[sample];
    const Moves moves = recipe.draw(recipe.key(position));
    for (int step = 0; step < per_thread; ++step) {
      const int i = first + step * threads + thread.index();
      if (i >= values) return;
      const int pixel = i / channels, c = i % channels, y = pixel / recipe.width, x = pixel % recipe.width;
      const std::int64_t from = recipe.source(moves, position, y, x);
      const std::uint8_t value = from < 0 ? std::uint8_t{0} : recipe.images[from + c];
      out[std::int64_t{sample} * values + i] =
          Out(moves.square.contains(y, x) ? 0.0f : recipe.normalised(value, c));
    }
  }
};

/// A step of the jitter on one pixel; `mean` is the image's, for contrast. Grey pixels are r alone.
NOISEGATE_DEVICE Pixel adjusted(Pixel pixel, ColourJitter::Step step, std::int32_t mean, bool grey) {
  using Kind = ColourJitter::Kind;
  if (step.kind == Kind::hue)
    return grey ? pixel : colour::shift_hue(pixel, step.amount + (step.amount < 0 ? colour::one : 0));
  if (step.kind == Kind::saturation && grey) return pixel;
  const std::int32_t other = step.kind == Kind::brightness ? 0
                             : step.kind == Kind::contrast ? mean
                                                           : colour::grey(pixel.r, pixel.g, pixel.b);
  return {colour::blend(pixel.r, other, step.amount), colour::blend(pixel.g, other, step.amount),
          colour::blend(pixel.b, other, step.amount)};
}

/// Pixels move and change their colours: a block a sample.
template <class Out>
struct JitterPixels {
  static constexpr int threads = 256;
  struct Shared {
    SharedArray<std::int64_t, threads / warp_size> sums;
  };
  Recipe recipe;
  Span<Out> out;

  NOISEGATE_DEVICE void operator()(const Thread& thread, Shared& shared) const {
    const int channels = recipe.channels, pixels = recipe.pixels();
    const bool grey = channels == 1;
    const std::int32_t position = recipe.positions[thread.block()];
    const AugmentationKey key = recipe.key(position);
    const Moves moves = recipe.draw(key);
    const ColourJitter::Steps steps = recipe.jitter.draw(key);
    int before = 0;  // steps before the contrast
    while (before < steps.count && steps.steps[before].kind != ColourJitter::Kind::contrast) ++before;

    const auto moved = [&](int i) -> Pixel {
      const std::int64_t from = recipe.source(moves, position, i / recipe.width, i % recipe.width);
      if (from < 0) return {0, 0, 0};
      const std::int32_t r = recipe.images[from];
      return grey ? Pixel{r, r, r} : Pixel{r, recipe.images[from + 1], recipe.images[from + 2]};
    };
    std::int64_t own = 0;
    for (int i = thread.index(); i < pixels; i += threads) {
      Pixel pixel = moved(i);
      for (int step = 0; step < before; ++step) pixel = adjusted(pixel, steps.steps[step], 0, grey);
      own += grey ? pixel.r : colour::grey(pixel.r, pixel.g, pixel.b);
    }
    const std::int64_t sum = block_sum(thread, shared.sums, own);
    const auto mean = static_cast<std::int32_t>((2 * sum + pixels) / (2 * std::int64_t{pixels}));

    for (int i = thread.index(); i < pixels; i += threads) {
      Pixel pixel = moved(i);
      for (int step = 0; step < steps.count; ++step) pixel = adjusted(pixel, steps.steps[step], mean, grey);
      const std::int32_t values[] = {pixel.r, pixel.g, pixel.b};
      const bool cut = moves.square.contains(i / recipe.width, i % recipe.width);
      for (int c = 0; c < channels; ++c)
        out[(std::int64_t{thread.block()} * pixels + i) * channels + c] =
            Out(cut ? 0.0f : recipe.normalised(static_cast<std::uint8_t>(values[c]), c));
    }
  }
};

Recipe recipe_of(const DeviceBatch& batch) {
  const Augmentation& augmentation = batch.augmentation;
  Recipe recipe{.images = input<std::uint8_t>(batch.images),
                .positions = input<std::int32_t>(batch.positions),
                .height = static_cast<int>(batch.images.size(1)),
                .width = static_cast<int>(batch.images.size(2)),
                .channels = static_cast<int>(batch.images.size(3)),
                .padding = augmentation.crop.value_or(0),
                .cutout = augmentation.cutout,
                .flip = augmentation.flip,
                .rotation = augmentation.rotation,
                .jitter = augmentation.jitter.value_or(ColourJitter{}),
                .mean = {},
                .deviation = {},
                .seed = batch.seed,
                .view = static_cast<std::uint32_t>(batch.view),
                .scalars = {batch.scalars, 1}};
  for (int c = 0; c < recipe.channels; ++c) {
    recipe.mean[c] = batch.mean[c];
    recipe.deviation[c] = batch.deviation[c];
  }
  return recipe;
}

template <class Out>
void fill(Stream stream, const DeviceBatch& batch, Span<Out> out) {
  const Recipe recipe = recipe_of(batch);
  if (batch.augmentation.jitter) {
    launch(stream, recipe.positions.size(), JitterPixels<Out>{recipe, out});
  } else {
    const MovePixels<Out> kernel{recipe, out};
    launch(stream, recipe.positions.size() * kernel.blocks_of_image(), kernel);
  }
}

}  // namespace

void augment(Stream stream, const DeviceBatch& batch, Tensor& out) {
  if (out.dtype() == DType::bf16)
    fill(stream, batch, output<Bfloat16>(out));
  else
    fill(stream, batch, output(out));
}

}  // namespace noisegate::cuda
