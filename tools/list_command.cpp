// noisegate list WHAT: what can be named in a SPEC, from the rooms themselves.
#include "datasets/augmentation.h"
#include "datasets/dataset.h"
#include "engine/error.h"
#include "engine/optimizer.h"
#include "layers/models.h"
#include "losses/loss.h"
#include "noise/noise.h"
#include "tools/command.h"
#include "tools/command_line.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

using Row = std::vector<std::string>;

template <class Info>
std::vector<Row> described(const std::vector<Info>& infos) {
  std::vector<Row> rows;
  for (const Info& info : infos) rows.push_back({info.name, info.description});
  return rows;
}

std::string parameters_text(const LossInfo& loss) {
  std::vector<std::string> parameters;
  for (const LossParameter& p : loss.parameters) {
    parameters.push_back(fmt::format("{}={} in [{}, {}]", p.key, p.fallback, p.low, p.high));
  }
  return fmt::format("{}", fmt::join(parameters, ", "));
}

std::vector<Row> loss_rows() {
  std::vector<Row> rows;
  for (const LossInfo& loss : list_losses()) {
    rows.push_back({loss.name, loss.formula, parameters_text(loss), loss.source});
  }
  return rows;
}

const std::vector<std::pair<std::string, std::function<std::vector<Row>()>>>& lists() {
  static const std::vector<std::pair<std::string, std::function<std::vector<Row>()>>> all = {
      {"models", [] { return described(list_models()); }},
      {"losses", loss_rows},
      {"noise", [] { return described(list_noise()); }},
      {"datasets", [] { return described(list_datasets()); }},
      {"augmentations", [] { return described(list_augmentations()); }},
      {"schedules", [] { return described(list_schedules()); }},
  };
  return all;
}

void print_aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

}  // namespace

int list_command(const Arguments& arguments) {
  const CommandLine line{.command = "list",
                         .summary = "names models, losses, noise, datasets, augmentations or schedules",
                         .word = "WHAT",
                         .options = {},
                         .later = {}};
  const auto given = parse(line, arguments);
  if (!given) return 0;
  std::vector<std::string> known;
  for (const auto& [name, rows] : lists()) known.push_back(name);
  const auto word = given->find("");
  if (word == given->end()) reject("list needs to know what to list: {}", fmt::join(known, ", "));
  if (word->second == "schemes" || word->second == "recipes") {
    reject("{}", not_there_yet("list " + word->second));
  }
  for (const auto& [name, rows] : lists()) {
    if (name != word->second) continue;
    print_aligned(rows());
    return 0;
  }
  reject("list has no '{}': {}", word->second, known_words(word->second, known));
}

}  // namespace noisegate
