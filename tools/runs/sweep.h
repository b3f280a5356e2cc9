// A sweep: a TOML file of training options, any of which may be a list, and the grid of runs that it defines.
#pragma once

#include "tools/cli/command.h"

#include <filesystem>
#include <string>
#include <vector>

namespace noisegate {

struct PlannedRun {
  std::string name;              // its differences from the other runs: "loss=gce-0.7_seed=2"
  std::filesystem::path folder;  // the folder of that name in the sweep's folder
  Arguments arguments;           // of `noisegate train`, `folder` among them
};

struct Sweep {
  std::filesystem::path folder;  // the file's `out`, or runs/FILE
  std::vector<PlannedRun> runs;  // every combination; the last list of the file changes fastest
};

/// Reads a sweep. Throws Error naming the file if it has no option, an unknown key, a list without a value,
/// more than 10,000 runs, a value that `noisegate train` would refuse before it reads the data, or two runs
/// of the same name.
Sweep read_sweep(const std::filesystem::path& file);

enum class RunProgress { none, unfinished, finished };

/// Returns the progress of a run. Throws Error if its folder has a run of other options.
RunProgress progress_of(const PlannedRun& run);

}  // namespace noisegate
