// Draws losses of p_y as curves, like the figures of Ou and Zhang (2023), A Curriculum View of Robust Loss
// Functions.
#pragma once

#include "losses/loss_part.h"

#include <string>
#include <vector>

namespace noisegate {

struct NamedCurve {
  std::string name;  // the spec
  MarginCurve curve;
};

/// Returns an SVG file with two panels: ℓ(p) over the label's probability, and the sample weight w(Δ) over
/// margins from −15 to 15. It follows the reader's light or dark colours. The knob tau depends on `classes`.
std::string loss_plot_svg(const std::vector<NamedCurve>& curves, int classes);

}  // namespace noisegate
