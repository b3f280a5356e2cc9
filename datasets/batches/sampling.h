// The samples that an epoch visits, and their batches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace noisegate {

using Batches = std::vector<std::vector<std::int32_t>>;  // indices in a set

/// Cuts `order` into batches. The last one may be smaller, but a single remaining sample joins the batch
/// before it: one image has no batch statistics to normalise a linear layer's features with.
Batches cut_into_batches(std::span<const std::int32_t> order, int batch_size);

/// Returns the batches of an epoch: a random order of 0 … samples−1, cut.
Batches epoch_batches(std::int64_t samples, int batch_size, std::uint64_t seed, int epoch);

/// Returns the batches of an epoch that visits `per_class` samples of each label (all of them, if a label has
/// fewer), drawn again each epoch without replacement: Clothing1M's protocol, so that frequent labels do not
/// outweigh the others.
Batches balanced_batches(std::span<const std::int32_t> labels, int per_class, int batch_size,
                         std::uint64_t seed, int epoch);

/// Returns 0 … samples−1 in order, cut into batches for measuring.
Batches ordered_batches(std::int64_t samples, int batch_size);

}  // namespace noisegate
