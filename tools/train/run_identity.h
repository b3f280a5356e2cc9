// The identity of a run: its settings, its labels, its images. A checkpoint stores it, so that no other run
// resumes from it.
#pragma once

#include "datasets/dataset.h"
#include "engine/io/state.h"
#include "tools/config/train_options.h"

#include <string>

namespace noisegate {

class RunIdentity {
 public:
  /// Takes the options of a run, except those that may change when it is resumed, and its data after noise.
  /// Reads every image once.
  RunIdentity(TrainOptions options, const Dataset& dataset);

  /// Puts it into a checkpoint, under names that begin with "run.".
  void save(State& state) const;
  /// Returns how a checkpoint's run differs from this one: "it is of a run with loss gce, not ce"; empty if
  /// it is the same. Throws Error naming the file for a checkpoint without an identity.
  std::string difference(const State& state) const;

 private:
  std::string settings_;         // "NAME = VALUE", one per line
  std::string labels_, images_;  // checksums
};

}  // namespace noisegate
