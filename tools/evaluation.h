// A model measured on a set of images, in inference mode.
#pragma once

#include "datasets/dataset.h"
#include "layers/module.h"
#include "tools/metrics.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace noisegate {

struct Evaluation {
  Tally all;
  std::vector<Tally> by_class;  // by the label it was measured against
  LeftOut left_out;
};

/// Runs the model in inference mode over the images of `set`, one of the dataset's, batch after batch, and
/// hands over the logits (B,K) of the samples at these positions; images that cannot be read are left out
/// where the dataset lets them, and returned. The images are not augmented. The model is left in the mode in
/// which it came. Throws Error where no image can be read.
using UseLogits = std::function<void(std::span<const std::int32_t> positions, const Tensor& logits)>;
LeftOut for_each_output(Module& model, const Dataset& dataset, const ImageSet& set, const UseLogits& use);

/// Measures the model on these images, run as above, against these labels, one for each.
Evaluation evaluate(Module& model, const Dataset& dataset, const ImageSet& set,
                    std::span<const std::int32_t> labels);

}  // namespace noisegate
