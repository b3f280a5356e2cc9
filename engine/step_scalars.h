// What changes from one training step to the next. A step that was captured once and is launched again and
// again finds it in device memory, where the host puts it before each launch.
#pragma once

#include <cstdint>

namespace noisegate {

struct StepScalars {
  float learning_rate = 0;
  float progress = 0;       // share of the training's steps that are done, in [0, 1)
  std::uint32_t draw = 0;   // what is drawn at random: no two steps of a run have the same
  std::uint32_t epoch = 0;  // epochs done
};

}  // namespace noisegate
