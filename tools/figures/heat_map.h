// Draws a transition matrix.
#pragma once

#include "noise/transition.h"

#include <string>
#include <vector>

namespace noisegate {

/// Returns an SVG file: a row for each true class, and one for images of no class if there are such; a column
/// for each given label. It follows the reader's light or dark colours, and a cell shows its share on hover.
std::string heat_map_svg(const TransitionMatrix& matrix, const std::vector<std::string>& class_names,
                         const std::string& title, const std::string& subtitle);

}  // namespace noisegate
