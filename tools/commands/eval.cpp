// noisegate eval: rebuilds a run's models from its folder and measures them on the test set, or on what they
// were trained on.
#include "engine/error.h"
#include "engine/io/files.h"
#include "noise/transition.h"
#include "tools/analysis/evaluation_text.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"
#include "tools/files/json_file.h"
#include "tools/runs/trained_run.h"
#include "tools/train/data.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct EvalOptions {
  std::string run, split = "test", predictions, logits, json;
  bool momentum = false;
  RunView view;
};

CommandLine eval_command_line(EvalOptions& o) {
  return {.command = "eval",
          .summary = "measures the model of a run folder on the test set",
          .options = {
              {"run", "DIR", "the run folder", &o.run},
              {"data", "DIR", "folder with the files of the dataset, where they have moved", &o.view.data},
              {"split", "NAME", "test; train or validation: against given and true labels", &o.split},
              {"predictions", "FILE", ".npy: softmax rows; .csv: what is predicted", &o.predictions},
              {"logits", "F.npy", "write the logits, for noisegate loss", &o.logits},
              {"momentum", "", "write those of the momentum model", &o.momentum},
              {"json", "FILE", "also write the results here, with all confusions", &o.json},
              o.view.row("device"),
              o.view.row("threads")}};
}

void check(const EvalOptions& o) {
  if (o.run.empty()) reject("eval needs --run with the folder of a run");
  if (o.split != "test" && o.split != "train" && o.split != "validation")
    reject("--split is test, train or validation, not '{}'", o.split);
  if (!o.predictions.empty() && !o.predictions.ends_with(".npy") && !o.predictions.ends_with(".csv"))
    reject("--predictions {}: the file's name must end in .npy or .csv", o.predictions);
  if (!o.logits.empty() && !o.logits.ends_with(".npy"))
    reject("--logits {}: the file's name must end in .npy", o.logits);
  if (o.momentum && o.predictions.empty() && o.logits.empty())
    reject("--momentum says whose --predictions or --logits are written, and neither is given");
  for (const std::string& file : {o.predictions, o.logits, o.json}) require_writable(file);
}

/// The set that is measured on, with what reads its images.
struct MeasuredSet {
  Dataset dataset;
  ImageSet images;
  std::string name;  // "training set"
};

MeasuredSet load_set(const TrainedRun& run, const std::string& split) {
  if (split == "test") {
    Dataset dataset = load_dataset(run.options);
    ImageSet test = dataset.test;
    return {std::move(dataset), std::move(test), "test set"};
  }
  TrainingData data = prepare_data(run.options);
  if (split == "train") {
    ImageSet train = data.dataset.train;
    return {std::move(data.dataset), std::move(train), "training set"};
  }
  if (data.validation.size() == 0)
    reject("--split validation: the run {} has no validation set", run.folder.path().string());
  return {std::move(data.dataset), std::move(data.validation), "validation set"};
}

constexpr const char* momentum_model = "momentum model";

struct ModelPredictions {
  std::string model;  // "model", "momentum model", or a second one: "peer model"
  Predictions predictions;
};

std::vector<ModelPredictions> predict_with_all(const TrainedRun& run, const MeasuredSet& set) {
  std::vector<ModelPredictions> all;
  const auto add = [&](const std::string& name, const std::filesystem::path& file) {
    if (std::filesystem::exists(file))
      all.push_back({name, predict(*load_run_model(run, file, set.dataset), set.dataset, set.images)});
  };
  add("model", run.folder.model());
  add(momentum_model, run.folder.average_model());
  for (const std::string companion : {"peer", "robust"})
    add(companion + " model", run.folder.companion_model(companion));
  return all;
}

EvaluationTable evaluate_all(const std::vector<ModelPredictions>& models, const std::string& title,
                             const std::vector<std::int32_t>& labels) {
  EvaluationTable table{title, {}};
  for (const auto& [model, predictions] : models)
    table.columns.push_back({model, evaluate(predictions, labels)});
  return table;
}

/// One table, or two where given labels differ from the true ones: these come second.
std::vector<EvaluationTable> make_tables(const MeasuredSet& set,
                                         const std::vector<ModelPredictions>& models) {
  const ImageSet& images = set.images;
  if (images.given == images.truth) return {evaluate_all(models, set.name, images.truth)};
  return {evaluate_all(models, set.name + ", given labels", images.given),
          evaluate_all(models, set.name + ", true labels", images.truth)};
}

nlohmann::ordered_json to_json(const std::vector<EvaluationTable>& tables, const std::string& split,
                               const std::vector<std::string>& class_names) {
  nlohmann::ordered_json json;
  for (std::size_t i = 0; i < tables.front().columns.size(); ++i) {
    auto& model = json[tables.front().columns[i].model];
    model = to_json(tables.front().columns[i].evaluation, split, class_names);
    if (tables.size() > 1)
      model["true_labels"] = to_json(tables[1].columns[i].evaluation, split, class_names);
  }
  return json;
}

void save_predictions(const std::string& file, const Predictions& predictions,
                      const std::vector<std::int32_t>& labels) {
  if (file.ends_with(".npy")) return save_probabilities(file, predictions);
  std::string text = "index,label,prediction,probability\n";
  for (std::int64_t sample = 0; sample < predictions.size(); ++sample) {
    if (!predictions.is_read[sample]) continue;
    const std::int32_t predicted = predicted_class(predictions.row(sample));
    text += fmt::format("{},{},{},{:.6g}\n", sample, labels[sample], predicted,
                        softmax(predictions.row(sample))[predicted]);
  }
  write_file_atomically(file, text);
}

void save_outputs(const EvalOptions& options, const MeasuredSet& set,
                  const std::vector<ModelPredictions>& models) {
  const auto chosen =
      options.momentum ? std::ranges::find(models, momentum_model, &ModelPredictions::model) : models.begin();
  if (chosen == models.end()) reject("--momentum: the run {} has no momentum model", options.run);
  const Predictions& predictions = chosen->predictions;
  if (!options.predictions.empty()) save_predictions(options.predictions, predictions, set.images.given);
  if (!options.logits.empty()) save_logits(options.logits, predictions);
}

}  // namespace

int eval_command(const Arguments& arguments) {
  EvalOptions options;
  const CommandLine line = eval_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  check(options);

  const TrainedRun run = open_run(options.run, options.view, "--run " + options.run);
  const MeasuredSet set = load_set(run, options.split);
  const std::vector<ModelPredictions> models = predict_with_all(run, set);
  save_outputs(options, set, models);
  const std::vector<EvaluationTable> tables = make_tables(set, models);
  for (const std::string& note : set.dataset.notes) warn("{}", note);
  for (const EvaluationTable& table : tables) {
    if (&table != &tables.front()) say("\n");
    print(table, set.dataset.class_names);
  }
  if (const LeftOut& left_out = models.front().predictions.left_out; left_out.images > 0)
    warn("{}", to_string(left_out));
  if (set.dataset.classes > most_classes_in_matrix)
    warn("confusions are counted for at most {} classes", most_classes_in_matrix);
  if (!options.json.empty()) save_json(options.json, to_json(tables, options.split, set.dataset.class_names));
  return 0;
}

}  // namespace noisegate
