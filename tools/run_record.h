// What a run folder tells of its run: the options that decided it, and what was measured in each epoch.
#pragma once

#include "tools/train_options.h"

#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

namespace noisegate {

struct RunRecord {
  std::filesystem::path folder;
  TrainOptions options;
  std::vector<nlohmann::json> epochs;  // the lines of metrics.jsonl, in their order

  bool is_finished() const { return static_cast<int>(epochs.size()) >= options.epochs; }
};

/// Reads config.toml and metrics.jsonl, which a run that is still in its first epoch has none of. A last line
/// without an end, as one that is just being written, does not count. Throws Error naming the folder without
/// a config.toml, or the file and line that is no JSON object.
RunRecord read_run_record(const std::filesystem::path& folder);

}  // namespace noisegate
