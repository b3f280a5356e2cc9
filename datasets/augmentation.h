// From the uint8 images of a set to the normalised float batch that the model sees, in one pass.
#pragma once

#include "datasets/dataset.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace noisegate {

/// What is done to training images. A spec is a `+` sum: "crop:4+flip", "none".
struct Augmentation {
  int crop_padding = 0;  // pads with black, as PyTorch does before it normalises, and crops back
  bool flip = false;     // left to right with probability 1/2

  /// Throws Error for an unknown part, listing those there are.
  static Augmentation parse(const std::string& text);
};

/// images (N,H,W,C) u8, the positions of a batch in it → (B,H,W,C) f32, (pixel/255 − mean)/deviation after
/// crop and flip. Sample `positions[b]` draws from (seed, Purpose::augmentation, epoch, positions[b], view),
/// so that a batch looks the same on every backend, thread count and batch order. Each `view`, 0 … 255, is an
/// augmentation of the same samples that is independent of the others.
Tensor make_batch(const Tensor& images, std::span<const std::int32_t> positions,
                  const Augmentation& augmentation, const std::array<float, 3>& mean,
                  const std::array<float, 3>& deviation, std::uint64_t seed, std::uint32_t epoch,
                  int view = 0);

}  // namespace noisegate
