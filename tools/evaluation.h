// A model measured on a set of images, in inference mode.
#pragma once

#include "datasets/dataset.h"
#include "layers/module.h"
#include "tools/metrics.h"

#include <cstdint>
#include <span>
#include <vector>

namespace noisegate {

struct Evaluation {
  Tally all;
  std::vector<Tally> by_class;  // by the label it was measured against
};

/// Measures the model on the images of `set`, one of the dataset's, against these labels, one for each;
/// images that cannot be read are left out where the dataset lets them. The images are not augmented. The
/// model is left in the mode in which it came.
Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels);

}  // namespace noisegate
