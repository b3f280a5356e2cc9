// A transition matrix as a picture.
#pragma once

#include "noise/transition.h"

#include <string>
#include <vector>

namespace noisegate {

/// An SVG file: a row for each true class, and one for images of none where there are such; a column for each
/// given label. It follows the reader's light or dark colours, and a cell tells its share when pointed at.
std::string heat_map_svg(const TransitionMatrix& matrix, const std::vector<std::string>& class_names,
                         const std::string& title, const std::string& subtitle);

}  // namespace noisegate
