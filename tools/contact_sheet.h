// What label noise looks like: samples of a training set, each with the label that it is given.
#pragma once

#include "datasets/dataset.h"
#include "tools/picture.h"

#include <string>

namespace noisegate {

/// Up to 80 training images at even distances through the set, so that wrong labels have their true share.
/// Under an image stands the label that it is given; where that is wrong, framed and in red, with the true
/// one below. `title` is the first line. Throws Error naming an image file that cannot be read.
Picture contact_sheet(const Dataset& dataset, const std::string& title);

}  // namespace noisegate
