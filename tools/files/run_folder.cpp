#include "tools/files/run_folder.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

namespace noisegate {

void RunFolder::require_free(bool overwrite) const {
  if (std::filesystem::exists(path_) && !std::filesystem::is_directory(path_)) {
    reject("--out {} is not a folder", path_.string());
  }
  const std::array files = {config(), metrics(), model(), average_model()};
  const bool holds_run =
      std::any_of(files.begin(), files.end(), [](const auto& f) { return std::filesystem::exists(f); });
  if (holds_run && !overwrite) {
    reject("--out {} already has a run in it: name another folder, or give --overwrite to replace it",
           path_.string());
  }
}

FileLock RunFolder::lock() const {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) fail("cannot make the folder {}: {}", path_.string(), error.message());
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
  for (const auto& old : {model(), average_model(), companion_model("peer"), companion_model("robust"),
                          predictions(), margins(), events(), metrics(), checkpoints()}) {
    std::filesystem::remove_all(old, error);
    if (error) fail("cannot remove {}: {}", old.string(), error.message());
  }
  move_file(beginning(), path_ / "config.toml");
}

void RunFolder::append_metrics(const nlohmann::ordered_json& line) const {
  append_to_file(metrics(), line.dump() + '\n');
}

std::vector<std::string> RunFolder::whole_lines() const {
  std::vector<std::string> whole;
  if (!std::filesystem::exists(metrics())) return whole;
  std::istringstream stream(read_text_file(metrics()));
  for (std::string line; std::getline(stream, line) && !stream.eof();) {
    const nlohmann::json epoch = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!epoch.is_object() || epoch.value("epoch", nlohmann::json()) != whole.size() + 1) break;
    whole.push_back(std::move(line));
  }
  return whole;
}

int RunFolder::epochs_told() const {
  return static_cast<int>(whole_lines().size());
}

void RunFolder::keep_metrics(int epochs) const {
  const std::vector<std::string> lines = whole_lines();
  if (std::ssize(lines) < epochs) reject("{} lacks epoch {}", metrics().string(), lines.size() + 1);
  std::string kept;
  for (const std::string& line : std::span(lines).first(static_cast<std::size_t>(epochs)))
    kept += line + '\n';
  write_file_atomically(metrics(), kept);
}

}  // namespace noisegate
