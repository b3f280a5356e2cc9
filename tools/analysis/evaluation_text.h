// Evaluations as tables on the screen and as JSON.
#pragma once

#include "tools/train/evaluation.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// One set, measured against one kind of labels with a run's models.
struct EvaluationTable {
  struct Column {
    std::string model;  // "model", "momentum model"
    Evaluation evaluation;
  };
  std::string title;  // "training set, given labels"
  std::vector<Column> columns;
};

/// Accuracy (also top five, where there are more classes), calibration error and the classes' accuracies;
/// below, of ten classes or fewer, the first model's confusion matrix.
void print(const EvaluationTable& table, const std::vector<std::string>& class_names);

/// {split}_acc, top5_acc, ece (these where there are images), images, by_class (of classes that have images),
/// confusion (a row a class; where it was counted), calibration (the bins that have samples).
nlohmann::ordered_json to_json(const Evaluation& evaluation, const std::string& split,
                               const std::vector<std::string>& class_names);

}  // namespace noisegate
