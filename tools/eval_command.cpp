// noisegate eval: rebuilds a run's model from its folder and measures it on the test set.
#include "engine/device.h"
#include "engine/error.h"
#include "engine/serialize.h"
#include "layers/model_file.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/evaluation.h"
#include "tools/run_folder.h"
#include "tools/training_data.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

struct EvalOptions {
  std::string run, data, json;
  int threads = 0;
};

CommandLine eval_command_line(EvalOptions& o) {
  return {.command = "eval",
          .summary = "measures the model of a run folder on the test set",
          .word = "",
          .options = {{"run", "DIR", "the run folder", &o.run},
                      {"data", "DIR", "folder with the files of the dataset, where they have moved", &o.data},
                      {"threads", "N", "of the CPU, 0: one a core", &o.threads},
                      {"json", "FILE", "also write the results here", &o.json}},
          .later = {}};
}

struct NamedEvaluation {
  std::string name;  // "model" or "momentum model"
  Evaluation evaluation;
};

Evaluation evaluate_file(const std::filesystem::path& file, const TrainOptions& options,
                         const Dataset& dataset) {
  const auto model = new_model(options, dataset);
  load_model(*model, file);
  return evaluate(*model, dataset, dataset.test, dataset.test.truth);
}

void print_table(const Dataset& dataset, const std::vector<NamedEvaluation>& evaluations) {
  fmt::print("{:<16}{:>8}", "test accuracy", "images");
  for (const auto& [name, evaluation] : evaluations) fmt::print("{:>16}", name);
  fmt::print("\n{:<16}{:>8}", "all classes", dataset.test.size());
  for (const auto& [name, evaluation] : evaluations)
    fmt::print("{:>15.2f}%", 100 * evaluation.all.accuracy());
  fmt::print("\n");
  for (int label = 0; label < dataset.classes; ++label) {
    const std::int64_t images = evaluations.front().evaluation.by_class[label].samples;
    fmt::print("{:<16}{:>8}", dataset.class_names[label], images);
    for (const auto& [name, evaluation] : evaluations) {
      fmt::print("{:>16}",
                 images > 0 ? fmt::format("{:.2f}%", 100 * evaluation.by_class[label].accuracy()) : "-");
    }
    fmt::print("\n");
  }
}

nlohmann::ordered_json to_json(const Dataset& dataset, const Evaluation& evaluation) {
  nlohmann::ordered_json by_class;
  for (int label = 0; label < dataset.classes; ++label) {
    const Tally& tally = evaluation.by_class[label];
    if (tally.samples > 0) by_class[dataset.class_names[label]] = tally.accuracy();
  }
  return {
      {"test_acc", evaluation.all.accuracy()}, {"images", evaluation.all.samples}, {"by_class", by_class}};
}

void write_json(const std::filesystem::path& file, const Dataset& dataset,
                const std::vector<NamedEvaluation>& evaluations) {
  nlohmann::ordered_json json;
  for (const auto& [name, evaluation] : evaluations) json[name] = to_json(dataset, evaluation);
  write_file_atomically(file, json.dump(2) + "\n");
}

}  // namespace

int eval_command(const Arguments& arguments) {
  EvalOptions options;
  const CommandLine line = eval_command_line(options);
  const auto given = parse(line, arguments);
  if (!given) return 0;
  assign_given(line, *given);
  if (options.run.empty()) reject("eval needs --run with the folder of a run");

  const RunFolder folder(options.run);
  if (!std::filesystem::exists(folder.config()))
    reject("--run {} has no run in it: there is no config.toml", options.run);
  if (!std::filesystem::exists(folder.model()))
    reject("--run {} has no model yet: no epoch was finished", options.run);
  TrainOptions trained;
  read_config(folder.config(), trained);
  if (!options.data.empty()) trained.data = options.data;
  set_thread_count(options.threads);
  set_convolution_algorithm(parse_convolution_algorithm(trained.conv));

  const Dataset dataset = load_dataset(trained);
  std::vector<NamedEvaluation> evaluations = {{"model", evaluate_file(folder.model(), trained, dataset)}};
  if (std::filesystem::exists(folder.average_model())) {
    evaluations.push_back({"momentum model", evaluate_file(folder.average_model(), trained, dataset)});
  }
  for (const std::string& note : dataset.notes) fmt::print(stderr, "noisegate: {}\n", note);
  print_table(dataset, evaluations);
  if (const LeftOut& left_out = evaluations.front().evaluation.left_out; left_out.images > 0)
    fmt::print(stderr, "noisegate: {}\n", to_string(left_out));
  if (!options.json.empty()) write_json(options.json, dataset, evaluations);
  return 0;
}

}  // namespace noisegate
