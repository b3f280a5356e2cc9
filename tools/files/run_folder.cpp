#include "tools/files/run_folder.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace noisegate {

void RunFolder::require_free(bool overwrite) const {
  if (std::filesystem::exists(path_) && !std::filesystem::is_directory(path_)) {
    reject("--out {} is not a folder", path_.string());
  }
  const auto exists = [](const std::filesystem::path& file) { return std::filesystem::exists(file); };
  if (!overwrite && (exists(config()) || std::ranges::any_of(results(), exists))) {
    reject("--out {} already has a run in it: name another folder, or give --overwrite to replace it",
           path_.string());
  }
}

FileLock RunFolder::lock() const {
  make_folder(path_);
  FileLock lock(path_ / "lock");
  if (!lock.try_acquire())
    reject("{} is being written by another training ({}): name another folder, or wait for its end",
           path_.string(), lock.holder());
  for (const auto& folder : {path_, checkpoints()}) remove_stale_temporaries(folder);
  return lock;
}

void RunFolder::begin(const std::string& config_text) const {
  write_file_atomically(beginning(), config_text);
  std::error_code error;
  for (const auto& old : results()) {
    std::filesystem::remove_all(old, error);
    if (error) fail("cannot remove {}: {}", old.string(), error.message());
  }
  move_file(beginning(), path_ / "config.toml");
}

std::vector<std::filesystem::path> RunFolder::results() const {
  return {model(),
          average_model(),
          companion_model("peer"),
          companion_model("robust"),
          predictions(),
          margins(),
          events(),
          metrics(),
          checkpoints()};
}

void RunFolder::append_metrics(const nlohmann::ordered_json& line) const {
  append_to_file(metrics(), line.dump() + '\n');
}

std::vector<std::string> RunFolder::whole_lines() const {
  std::vector<std::string> whole;
  if (!std::filesystem::exists(metrics())) return whole;
  std::istringstream stream(read_text_file(metrics()));
  for (std::string line; std::getline(stream, line) && !stream.eof();) whole.push_back(std::move(line));
  return whole;
}

int RunFolder::epochs_told() const {
  int told = 0;
  for (const std::string& line : whole_lines()) {
    const nlohmann::json epoch = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!epoch.is_object() || epoch.value("epoch", nlohmann::json()) != told + 1) break;
    ++told;
  }
  return told;
}

void RunFolder::keep_metrics(int epochs) const {
  if (const int told = epochs_told(); told < epochs)
    reject("{} lacks epoch {}", metrics().string(), told + 1);
  const std::vector<std::string> lines = whole_lines();
  std::string kept;
  for (const std::string& line : std::span(lines).first(static_cast<std::size_t>(epochs)))
    kept += line + '\n';
  write_file_atomically(metrics(), kept);
}

}  // namespace noisegate
