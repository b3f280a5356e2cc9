// A step of a scheme on the CPU, as training takes it.
#pragma once

#include "losses/schemes/scheme.h"

namespace noisegate {

/// The step's numbers stay in memory until the next step of any scheme: a gradient may read them.
inline Variable take_step(Scheme& scheme, const SchemeBatch& batch, const StepScalars& step = {},
                          std::uint64_t seed = 1) {
  static StepScalars scalars;
  scalars = step;
  scheme.prepare_step(scalars);
  return scheme.loss(batch, {seed, &scalars});
}

}  // namespace noisegate
