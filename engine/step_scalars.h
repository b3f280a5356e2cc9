// What changes from one training step to the next. It lies in the memory of the device that takes the step: a
// step that was captured once and is launched again and again finds it there, where the host puts it before
// each launch.
#pragma once

#include <cstdint>

namespace noisegate {

struct StepScalars {
  double learning_rate = 0;
  double progress = 0;      // share of the training's steps that are done, in [0, 1)
  std::uint32_t draw = 0;   // key of the random draws: no two steps of a run have the same
  std::uint32_t epoch = 0;  // epochs done
  double scheme[3] = {};    // what the scheme sets before each step (Scheme::prepare_step)
};

}  // namespace noisegate
