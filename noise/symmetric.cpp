// Symmetric (uniform) label noise. Papers disagree on whether a flipped label may fall on the true class
// again: most draw among the K−1 others, so that the rate is the true one; `inclusive` draws among all K
// (GJS, DivideMix).
#include "engine/error.h"
#include "noise/models.h"

namespace noisegate {

Labels symmetric_noise(Spec& spec, const NoiseInput& input) {
  spec.expect({"rate", "inclusive"});
  const double rate = spec.number("rate", 0.4, 0, 1);
  const bool inclusive = spec.flag("inclusive", false);
  if (input.classes < 2) reject("{} {}: symmetric noise needs two classes", spec.what(), spec.text());

  return flip_exactly(input, rate, [&](std::int32_t label, Philox& random) {
    if (inclusive) return static_cast<std::int32_t>(random.below(input.classes));
    const auto other = static_cast<std::int32_t>(random.below(input.classes - 1));
    return other < label ? other : other + 1;
  });
}

}  // namespace noisegate
