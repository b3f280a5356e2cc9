// Evaluations as tables on the screen and as JSON.
#pragma once

#include "tools/train/evaluation.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// One set, measured with a run's models against one kind of labels.
struct EvaluationTable {
  struct Column {
    std::string model;  // "model", "momentum model"
    Evaluation evaluation;
  };
  std::string title;  // "training set, given labels"
  std::vector<Column> columns;
};

/// Prints accuracy (also top-five, if there are more classes), calibration error and the accuracy of each
/// class; for ten classes or fewer also the first model's confusion matrix.
void print(const EvaluationTable& table, const std::vector<std::string>& class_names);

/// Returns {split}_acc, top5_acc, ece (these if there are images), images, by_class (of classes that have
/// images), confusion (a row per class; if it was counted), calibration (the bins that have samples).
nlohmann::ordered_json to_json(const Evaluation& evaluation, const std::string& split,
                               const std::vector<std::string>& class_names);

}  // namespace noisegate
