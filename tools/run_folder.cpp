#include "tools/run_folder.h"

#include "engine/error.h"
#include "engine/serialize.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

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

void RunFolder::begin(const std::string& config_text) const {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) fail("cannot make the folder {}: {}", path_.string(), error.message());
  for (const auto& old : {model(), average_model(), companion_model("peer"), companion_model("robust"),
                          predictions(), margins(), events(), metrics(), checkpoints()}) {
    std::filesystem::remove_all(old, error);
    if (error) fail("cannot remove {}: {}", old.string(), error.message());
  }
  write_file_atomically(config(), config_text);
}

void RunFolder::append_metrics(const nlohmann::ordered_json& line) const {
  append_to_file(metrics(), line.dump() + '\n');
}

void RunFolder::keep_metrics(int epochs) const {
  std::string kept;
  if (epochs > 0) {
    std::ifstream stream(metrics());
    std::string line;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      if (!std::getline(stream, line)) reject("{} lacks epoch {}", metrics().string(), epoch + 1);
      kept += line + '\n';
    }
  }
  write_file_atomically(metrics(), kept);
}

}  // namespace noisegate
