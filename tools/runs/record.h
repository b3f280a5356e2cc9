// The contents of a run folder: the options that decided the run, and the metrics of each epoch.
#pragma once

#include "tools/config/recipe.h"
#include "tools/config/train_options.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace noisegate {

struct RunRecord {
  std::filesystem::path folder;
  TrainOptions options;
  std::vector<nlohmann::json> epochs;  // the lines of metrics.jsonl, in their order

  bool is_finished() const { return static_cast<int>(epochs.size()) >= options.epochs; }
};

/// Reads config.toml and metrics.jsonl, which is missing during the first epoch. Ignores a last line without
/// an end, which is still being written. Throws Error naming the folder without a config.toml, or the file
/// and line that is no JSON object.
RunRecord read_run_record(const std::filesystem::path& folder);

/// Returns the run's accuracy in percent under a metric ("test_acc"): of the last epoch, the mean of the last
/// ten, that of the best one, or that of the one with the best validation accuracy. Nothing if no epoch has
/// the metric, or if some epoch lacks a validation accuracy.
std::optional<double> accuracy(const RunRecord& run, const std::string& metric, Epochs epochs);

/// Returns the number of epochs in the mean of the last ten, at most ten.
int epochs_of_last_ten(const RunRecord& run, const std::string& metric);

}  // namespace noisegate
