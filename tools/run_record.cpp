#include "tools/run_record.h"

#include "engine/error.h"
#include "tools/run_folder.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace noisegate {
namespace {

std::vector<nlohmann::json> read_lines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line) && !stream.eof();) {
    nlohmann::json epoch = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!epoch.is_object()) reject("line {} of {} is no JSON object", lines.size() + 1, file.string());
    lines.push_back(std::move(epoch));
  }
  return lines;
}

}  // namespace

Settings deciding_settings(TrainOptions options) {
  constexpr std::array others = {"seed",    "data",   "out",  "overwrite",   "resume",    "stop-after",
                                 "threads", "device", "conv", "predictions", "checkpoint"};
  Settings settings;
  for (const Option& option : option_table(options))
    if (std::ranges::find(others, option.name) == others.end())
      settings.emplace_back(option.name, value_text(option));
  return settings;
}

RunRecord read_run_record(const std::filesystem::path& folder) {
  const RunFolder run(folder);
  if (!std::filesystem::exists(run.config()))
    reject("{} is no run folder: it has no config.toml", folder.string());
  RunRecord record{folder, {}, read_lines(run.metrics())};
  read_config(run.config(), record.options);
  return record;
}

}  // namespace noisegate
