// Symmetric (uniform) label noise. Papers disagree on whether a flipped label may fall on the true class
// again: most draw among the K−1 others, so that the rate is the true one; `inclusive` draws among all K
// (GJS, DivideMix).
#include "engine/error.h"
#include "noise/models.h"

namespace noisegate {
namespace {

Labels flip_to_others(const Values& values, const NoiseInput& input) {
  const bool inclusive = values.flag("inclusive");
  if (input.classes < 2) reject("{}: symmetric noise needs two classes", values.spec().where());

  return flip_exactly(input, values.number("rate"), [&](std::int32_t label, Philox& random) {
    if (inclusive) return static_cast<std::int32_t>(random.below(input.classes));
    const auto other = static_cast<std::int32_t>(random.below(input.classes - 1));
    return other < label ? other : other + 1;
  });
}

}  // namespace

NoiseModel symmetric_noise() {
  return {{.name = "symmetric",
           .what = "a share of each class, to the other classes alike",
           .parameters = {noise_rate_parameter("the share"),
                          parameter::flag("inclusive", false, "with 1 to any class, itself too")}},
          relabelled<flip_to_others>};
}

}  // namespace noisegate
