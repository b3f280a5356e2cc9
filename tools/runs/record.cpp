#include "tools/runs/record.h"

#include "engine/error.h"
#include "tools/files/run_folder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

std::vector<nlohmann::json> read_epochs(const RunFolder& run) {
  std::vector<nlohmann::json> epochs;
  for (const std::string& line : run.whole_lines()) {
    epochs.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
    if (!epochs.back().is_object())
      reject("line {} of {} is no JSON object", epochs.size(), run.metrics().string());
  }
  return epochs;
}

/// Percentages of a metric over the epochs that have it.
std::vector<double> course(const RunRecord& run, const std::string& metric) {
  std::vector<double> percentages;
  for (const auto& epoch : run.epochs)
    if (epoch.contains(metric) && epoch[metric].is_number())
      percentages.push_back(100 * epoch[metric].get<double>());
  return percentages;
}

}  // namespace

RunRecord read_run_record(const std::filesystem::path& folder) {
  const RunFolder run(folder);
  if (!std::filesystem::exists(run.config()))
    reject("{} is no run folder: it has no config.toml", folder.string());
  RunRecord record{folder, {}, {}};
  if (!run.is_beginning()) record.epochs = read_epochs(run);
  read_run_config(run, record.options);
  return record;
}

std::optional<double> accuracy(const RunRecord& run, const std::string& metric, Epochs epochs) {
  const std::vector<double> accuracies = course(run, metric), validation = course(run, "validation_acc");
  if (accuracies.empty()) return std::nullopt;
  switch (epochs) {
    case Epochs::last:
      return accuracies.back();
    case Epochs::last_ten: {
      const int count = epochs_of_last_ten(run, metric);
      return std::accumulate(accuracies.end() - count, accuracies.end(), 0.0) / count;
    }
    case Epochs::best:
      return std::ranges::max(accuracies);
    case Epochs::best_validation:
      if (validation.size() != accuracies.size()) return std::nullopt;
      return accuracies[std::ranges::max_element(validation) - validation.begin()];
  }
  fail("no such choice of epochs");
}

int epochs_of_last_ten(const RunRecord& run, const std::string& metric) {
  return static_cast<int>(std::min<std::size_t>(10, course(run, metric).size()));
}

}  // namespace noisegate
