// The folder of a run: config.toml, metrics.jsonl (a line an epoch), model.safetensors (the last epoch's
// model), margins.npy, checkpoint/ and, with a momentum model or a scheme of two models,
// model_ema.safetensors and model_NAME.safetensors.
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
  /// What the run was started with: config.toml, or what is about to become it (see begin).
  std::filesystem::path config() const { return is_beginning() ? beginning() : path_ / "config.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }
  /// With --predictions.
  std::filesystem::path predictions() const { return path_ / "predictions.npy"; }
  /// Histograms of the training samples' margins, see curriculum.h.
  std::filesystem::path margins() const { return path_ / "margins.npy"; }
  /// For TensorBoard, which goes by the middle of the name.
  std::filesystem::path events() const { return path_ / "events.out.tfevents.noisegate"; }
  std::filesystem::path average_model() const { return path_ / "model_ema.safetensors"; }

  /// Of a scheme's second model.
  std::filesystem::path companion_model(const std::string& name) const {
    return path_ / ("model_" + name + ".safetensors");
  }
  std::filesystem::path checkpoints() const { return path_ / "checkpoint"; }

  /// Throws Error where the path is no folder, or has a run in it and `overwrite` is not set. Touches
  /// nothing.
  void require_free(bool overwrite) const;

  /// Makes the folder and keeps other trainings out of it for as long as the lock lives. Throws Error where
  /// one is at work there.
  FileLock lock() const;

  /// Removes a run that was there and writes config.toml. Whatever stops it on the way, the folder holds
  /// either the old run or the new one: its configuration appears under another name first, and from that
  /// moment on what is left of the old run does not count. Needs the lock. Throws Error naming what cannot
  /// be written.
  void begin(const std::string& config_text) const;
  /// Whether a run was stopped while it began: it has no epoch and no checkpoint, whatever lies there.
  bool is_beginning() const { return std::filesystem::exists(beginning()); }

  /// Adds a line to metrics.jsonl. Throws Error where it cannot be written; the file then ends where it did
  /// before.
  void append_metrics(const nlohmann::ordered_json& line) const;

  /// The lines of metrics.jsonl that have an end: a last one without is just being written.
  std::vector<std::string> whole_lines() const;
  /// The epochs that metrics.jsonl tells of in whole lines, from the first one on.
  int epochs_told() const;
  /// Cuts metrics.jsonl back to its first `epochs` epochs, of which it must tell.
  void keep_metrics(int epochs) const;

 private:
  std::filesystem::path beginning() const { return path_ / "new_run.toml"; }
  /// All that a run leaves beside its configuration.
  std::vector<std::filesystem::path> results() const;

  std::filesystem::path path_;
};

}  // namespace noisegate
