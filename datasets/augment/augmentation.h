// The augmentation of training images, and the making of a batch from images in memory.
#pragma once

#include "datasets/augment/colour_jitter.h"
#include "datasets/augment/randaugment.h"
#include "datasets/augment/resized_crop.h"
#include "datasets/dataset.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// A spec is a `+` sum of parts, each named once: "crop:4+flip", "none". The order of application does not
/// depend on the spec: RandAugment (on the image as read), crop or resized crop, flip, rotation, jitter, then
/// normalisation, then cutout. The published code of OGC, GJS and of ImageNet training uses this order.
/// Images are rounded to bytes after each part.
struct Augmentation {
  std::optional<RandAugment> randaugment;
  std::optional<int> crop;  // pads with this many black pixels, then crops the final size at random
  std::optional<ResizedCrop> resized_crop;
  bool flip = false;    // left to right with probability 1/2
  double rotation = 0;  // by up to ± this many degrees
  std::optional<ColourJitter> jitter;
  int cutout = 0;  // side of the square

  /// Throws Error for an unknown part, listing the known ones.
  static Augmentation parse(const std::string& text);

  /// Whether crop and flip are the only parts, so that pixels only move.
  bool only_crop_and_flip() const {
    return !randaugment && !resized_crop && rotation == 0 && !jitter && cutout == 0;
  }
};

std::vector<Description> list_augmentations();

/// Makes a batch: images (N,H,W,C) u8 and the positions of its samples → (B,H,W,C) f32, (pixel/255 −
/// mean)/deviation after augmentation. Sample `positions[b]` draws from (seed, Purpose::augmentation, epoch,
/// positions[b], view), so that a batch is the same on every backend, thread count and batch order. Each
/// `view`, 0 … 255, is an independent augmentation of the same samples.
Tensor make_batch(const Tensor& images, std::span<const std::int32_t> positions,
                  const Augmentation& augmentation, const std::array<float, 3>& mean,
                  const std::array<float, 3>& deviation, std::uint64_t seed, std::uint32_t epoch,
                  int view = 0);

}  // namespace noisegate
