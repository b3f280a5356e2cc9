// What is done to training images, and how a batch is made of images in memory.
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

/// A spec is a `+` sum of parts, each named once: "crop:4+flip", "none". Whatever their order in the spec,
/// they are applied in this one: RandAugment (to the image as it was read), crop or resized crop, flip,
/// rotation, jitter, then normalisation, then cutout. That is the order of the published code of OGC, GJS and
/// of ImageNet training. Images are rounded to bytes after each part.
struct Augmentation {
  std::optional<RandAugment> randaugment;
  std::optional<int> crop;  // so many black pixels around the image, then a random crop of the wanted size
  std::optional<ResizedCrop> resized_crop;
  bool flip = false;    // left to right with probability 1/2
  double rotation = 0;  // by up to ± so many degrees
  std::optional<ColourJitter> jitter;
  int cutout = 0;  // side of the square

  /// Throws Error for an unknown part, listing those there are.
  static Augmentation parse(const std::string& text);

  /// Whether no part but crop and flip is there, so that pixels only move.
  bool only_crop_and_flip() const {
    return !randaugment && !resized_crop && rotation == 0 && !jitter && cutout == 0;
  }
};

std::vector<Description> list_augmentations();

/// images (N,H,W,C) u8, the positions of a batch in it → (B,H,W,C) f32, (pixel/255 − mean)/deviation after
/// augmentation. Sample `positions[b]` draws from (seed, Purpose::augmentation, epoch, positions[b], view),
/// so that a batch looks the same on every backend, thread count and batch order. Each `view`, 0 … 255, is an
/// augmentation of the same samples that is independent of the others.
Tensor make_batch(const Tensor& images, std::span<const std::int32_t> positions,
                  const Augmentation& augmentation, const std::array<float, 3>& mean,
                  const std::array<float, 3>& deviation, std::uint64_t seed, std::uint32_t epoch,
                  int view = 0);

}  // namespace noisegate
