// The values that change from one training step to the next. They lie in the memory of the device that runs
// the step: a captured graph reads them there, and the host writes them before each launch.
#pragma once

#include <cstdint>

namespace noisegate {

struct StepScalars {
  double learning_rate = 0;
  double progress = 0;      // share of the training's steps that are done, in [0, 1)
  std::uint32_t draw = 0;   // key of the random draws, unique to each step of a run
  std::uint32_t epoch = 0;  // epochs done
  double scheme[3] = {};    // set by the scheme before each step (Scheme::prepare_step)
};

}  // namespace noisegate
