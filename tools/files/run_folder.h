// The folder of a run: config.toml, metrics.jsonl (a line per epoch), model.safetensors (the last epoch's
// model), margins.npy, checkpoint/ and, with an EMA model or a scheme of two models, model_ema.safetensors
// and model_NAME.safetensors.
#pragma once

#include "tools/files/file_lock.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path() const { return path_; }
  /// The settings that the run was started with: config.toml, or the file that will become it (see begin).
  std::filesystem::path config() const { return is_beginning() ? beginning() : path_ / "config.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }
  /// Written with --predictions.
  std::filesystem::path predictions() const { return path_ / "predictions.npy"; }
  /// Histograms of the training samples' margins, see curriculum.h.
  std::filesystem::path margins() const { return path_ / "margins.npy"; }
  /// For TensorBoard, which identifies event files by the middle of the name.
  std::filesystem::path events() const { return path_ / "events.out.tfevents.noisegate"; }
  std::filesystem::path average_model() const { return path_ / "model_ema.safetensors"; }

  /// A scheme's second model.
  std::filesystem::path companion_model(const std::string& name) const {
    return path_ / ("model_" + name + ".safetensors");
  }
  std::filesystem::path checkpoints() const { return path_ / "checkpoint"; }

  /// Throws Error if the path is no folder, or has a run in it and `overwrite` is not set. Changes nothing.
  void require_free(bool overwrite) const;

  /// Makes the folder and keeps other trainings out of it while the lock lives. Throws Error if another
  /// training is running there.
  FileLock lock() const;

  /// Removes an earlier run and writes config.toml. Whatever stops it, the folder holds either the old run or
  /// the new one: the new configuration appears under another name first, and from that moment the rest of
  /// the old run does not count. Needs the lock. Throws Error naming the file that cannot be written.
  void begin(const std::string& config_text) const;
  /// Whether a run was stopped while it began: it has no epoch and no checkpoint, whatever files there are.
  bool is_beginning() const { return std::filesystem::exists(beginning()); }

  /// Appends a line to metrics.jsonl. Throws Error if it cannot be written; the file then ends where it did
  /// before.
  void append_metrics(const nlohmann::ordered_json& line) const;

  /// The lines of metrics.jsonl that have an end: a last one without is just being written.
  std::vector<std::string> whole_lines() const;
  /// The epochs that metrics.jsonl tells of in whole lines, from the first one on.
  int epochs_told() const;
  /// Truncates metrics.jsonl to its first `epochs` epochs, which it must have.
  void keep_metrics(int epochs) const;

 private:
  std::filesystem::path beginning() const { return path_ / "new_run.toml"; }
  /// All that a run leaves beside its configuration.
  std::vector<std::filesystem::path> results() const;

  std::filesystem::path path_;
};

}  // namespace noisegate
