// A sweep: a TOML file of training options, any of which may be a list, and the grid of runs that it means.
#pragma once

#include "tools/cli/command.h"

#include <filesystem>
#include <string>
#include <vector>

namespace noisegate {

struct PlannedRun {
  std::string name;              // what it differs in from the others: "loss=gce-0.7_seed=2"
  std::filesystem::path folder;  // of that name, in the sweep's
  Arguments arguments;           // of `noisegate train`, `folder` among them
};

struct Sweep {
  std::filesystem::path folder;  // the file's `out`, or runs/FILE
  std::vector<PlannedRun> runs;  // every combination; the list that stands last in the file changes fastest
};

/// Throws Error naming the file for one without an option, an unknown key, a list without a value, more than
/// 10,000 runs, a value that `noisegate train` would refuse before it sees the data, and two runs of the same
/// name.
Sweep read_sweep(const std::filesystem::path& file);

enum class RunProgress { none, unfinished, finished };

/// How far a run has come. Throws Error where its folder has a run of other options.
RunProgress progress_of(const PlannedRun& run);

}  // namespace noisegate
