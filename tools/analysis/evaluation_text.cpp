#include "tools/analysis/evaluation_text.h"

#include "engine/text.h"
#include "tools/cli/output.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

constexpr std::size_t most_columns = 10;  // of a confusion matrix that fit a line of 100 characters

std::string percent(const Tally& tally) {
  return tally.samples > 0 ? fmt::format("{:.2f}%", 100 * tally.accuracy()) : "-";
}

/// A line of the table: `text` makes each column's cell from its evaluation.
template <class Text>
void print_row(const EvaluationTable& table, const std::string& title, const std::string& images,
               const Text& text) {
  say("{:<28}{:>8}", title, images);
  for (const auto& column : table.columns) say("{:>16}", text(column));
  say("\n");
}

void print_confusion(const Evaluation& evaluation, const std::vector<std::string>& class_names) {
  say("\n{:<16}", "% predicted as");
  for (const std::string& name : class_names) say("{:>8}", printable(name, 7));
  say("\n");
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    say("{:<16}", printable(class_names[label], 15));
    for (std::size_t predicted = 0; predicted < class_names.size(); ++predicted) {
      const std::int64_t count = evaluation.confusion[label * class_names.size() + predicted];
      const auto samples = static_cast<double>(evaluation.by_class[label].samples);
      say("{:>8}", count == 0 ? "." : fmt::format("{:.1f}", 100 * static_cast<double>(count) / samples));
    }
    say("\n");
  }
}

nlohmann::ordered_json bins_of(const Calibration& calibration) {
  auto bins = nlohmann::ordered_json::array();
  for (const Calibration::Bin& bin : calibration.bins()) {
    if (bin.samples == 0) continue;
    const auto samples = static_cast<double>(bin.samples);
    bins.push_back({{"confidence", bin.confidence / samples},
                    {"accuracy", static_cast<double>(bin.correct) / samples},
                    {"samples", bin.samples}});
  }
  return bins;
}

}  // namespace

void print(const EvaluationTable& table, const std::vector<std::string>& class_names) {
  using Column = EvaluationTable::Column;
  const Evaluation& first = table.columns.front().evaluation;
  print_row(table, table.title, "images", [](const Column& column) { return column.model; });
  print_row(table, "accuracy", std::to_string(first.all.samples),
            [](const Column& column) { return percent(column.evaluation.all); });
  if (first.all.samples == 0) return;
  if (class_names.size() > 5) {
    print_row(table, "label among the top five", "", [](const Column& column) {
      return fmt::format("{:.2f}%", 100 * column.evaluation.top_five_accuracy());
    });
  }
  print_row(table, "calibration error (ECE)", "", [](const Column& column) {
    return fmt::format("{:.4f}", column.evaluation.calibration.expected_error());
  });
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    print_row(table, shown(class_names[label], 24), std::to_string(first.by_class[label].samples),
              [&](const Column& column) { return percent(column.evaluation.by_class[label]); });
  }
  if (class_names.size() <= most_columns) print_confusion(first, class_names);
}

nlohmann::ordered_json to_json(const Evaluation& evaluation, const std::string& split,
                               const std::vector<std::string>& class_names) {
  nlohmann::ordered_json by_class = nlohmann::ordered_json::object();
  auto confusion = nlohmann::ordered_json::array();
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    const Tally& tally = evaluation.by_class[label];
    if (tally.samples > 0) by_class[class_names[label]] = tally.accuracy();
    if (evaluation.confusion.empty()) continue;
    const auto row = evaluation.confusion.begin() + static_cast<std::ptrdiff_t>(label * class_names.size());
    confusion.push_back(
        std::vector<std::int64_t>(row, row + static_cast<std::ptrdiff_t>(class_names.size())));
  }
  nlohmann::ordered_json json;
  if (evaluation.all.samples > 0) {
    json[split + "_acc"] = evaluation.all.accuracy();
    json["top5_acc"] = evaluation.top_five_accuracy();
    json["ece"] = evaluation.calibration.expected_error();
  }
  json["images"] = evaluation.all.samples;
  json["by_class"] = by_class;
  if (!evaluation.confusion.empty()) json["confusion"] = confusion;
  json["calibration"] = bins_of(evaluation.calibration);
  return json;
}

}  // namespace noisegate
