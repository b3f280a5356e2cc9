// Converts between the two layouts of images on the CPU.
#pragma once

#include "engine/tensor.h"

namespace noisegate {

/// Whether images of this many channels are kept as blocked16: their channels fill whole blocks, and the
/// machine has AVX-512, whose convolutions (Winograd's among them) need that layout. Without AVX-512 every
/// image stays plain.
bool prefers_blocks(std::int64_t channels);

/// Returns `x` in that layout: itself, or a copy.
Tensor in_layout(const Tensor& x, Layout layout);

}  // namespace noisegate
