// The losses of p_y on the GPU: value and gradient in one pass over the logits, by the functors of
// margin_loss.h that the CPU's loops call as well.
#pragma once

#include "engine/cuda/launch.h"
#include "losses/margin_loss.h"

#include <cstdint>

namespace noisegate::cuda {

/// The knobs of a loss (losses/margin_part.h): it sees sigmoid(scale·Δ + shift) and is multiplied by
/// `factor`.
struct MarginBend {
  float shift = 0, scale = 1, factor = 1;
};

/// Per sample ℓ → values (N), and ∂ℓ/∂s → gradient (N,K), of logits (N,K) and labels in [0,K), K ≥ 2; either
/// may be left out. The gradient is not divided by N.
template <class F>
void margin_loss(Stream stream, const F& loss, const MarginBend& bend, Span<const float> logits,
                 Span<const std::int32_t> labels, Span<float> values, Span<float> gradient);

}  // namespace noisegate::cuda
