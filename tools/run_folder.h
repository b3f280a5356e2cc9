// The folder of a run: config.toml, metrics.jsonl (a line an epoch), model.safetensors (the last epoch's
// model), margins.npy, checkpoint/ and, with a momentum model or a scheme of two models,
// model_ema.safetensors and model_NAME.safetensors.
#pragma once

#include "layers/module.h"

#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace noisegate {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
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

  /// Makes the folder, removes a run that was in it, writes config.toml. Throws Error naming what cannot be
  /// written.
  void begin(const std::string& config_text) const;

  /// Adds a line to metrics.jsonl. Throws Error where it cannot be written; the file then ends where it did
  /// before.
  void append_metrics(const nlohmann::ordered_json& line) const;

  /// Cuts metrics.jsonl back to its first `epochs` epochs. Throws Error where it is not readable, or has
  /// fewer.
  void keep_metrics(int epochs) const;

 private:
  std::filesystem::path path_;
};

}  // namespace noisegate
