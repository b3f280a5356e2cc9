// What makes a run the one that it is: its settings, its labels, its images. A checkpoint has it, so that
// none goes on in another run.
#pragma once

#include "datasets/dataset.h"
#include "engine/io/state.h"
#include "tools/config/train_options.h"

#include <string>

namespace noisegate {

class RunIdentity {
 public:
  /// Of a run with these options, all but those that may change when it goes on, on this data as training
  /// sees it. Looks at every image once.
  RunIdentity(TrainOptions options, const Dataset& dataset);

  /// Puts it into a checkpoint, under names that begin with "run.".
  void save(State& state) const;
  /// How a checkpoint's run differs from this one: "it is of a run with loss gce, not ce"; empty where it is
  /// the same. Throws Error naming the file for a checkpoint that has no identity.
  std::string difference(const State& state) const;

 private:
  std::string settings_;         // "NAME = VALUE", a line each
  std::string labels_, images_;  // checksums
};

}  // namespace noisegate
