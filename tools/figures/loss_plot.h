// Losses of p_y as curves, as the figures of Ou et al., A Curriculum View of Robust Loss Functions, draw
// them.
#pragma once

#include "losses/loss_part.h"

#include <string>
#include <vector>

namespace noisegate {

struct NamedCurve {
  std::string name;  // the spec
  MarginCurve curve;
};

/// An SVG file with two panels: ℓ(p) over the label's probability, and the sample weight w(Δ) over margins
/// from −15 to 15. It follows the reader's light or dark colours. `classes` is what the knob tau goes by.
std::string loss_plot_svg(const std::vector<NamedCurve>& curves, int classes);

}  // namespace noisegate
