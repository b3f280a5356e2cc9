// noisegate list WHAT: what can be named in a SPEC, from the rooms themselves.
#include "datasets/augment/augmentation.h"
#include "datasets/dataset.h"
#include "engine/error.h"
#include "engine/optimizer.h"
#include "engine/text.h"
#include "layers/models.h"
#include "losses/schemes/scheme.h"
#include "noise/noise.h"
#include "tools/cli/command.h"
#include "tools/cli/command_line.h"
#include "tools/cli/output.h"
#include "tools/config/recipe.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace noisegate {
namespace {

using Row = std::vector<std::string>;

/// A name with what it does; below it a line for each parameter, and its paper.
void add(std::vector<Row>& rows, const Description& entry) {
  rows.push_back({entry.name, entry.what});
  for (const Parameter& parameter : entry.parameters) rows.push_back({"", "  " + parameter.text()});
  if (!entry.paper.empty()) rows.push_back({"", "  " + entry.paper});
}

template <std::vector<Description> (*list)()>
std::vector<Row> rows_of() {
  std::vector<Row> rows;
  for (const Description& entry : list()) add(rows, entry);
  return rows;
}

std::vector<Row> loss_rows() {
  std::vector<Row> rows = {{"", "Losses of p_y = p, the given label's probability, alone"}};
  const std::vector<LossInfo> losses = list_losses();
  for (const LossInfo& loss : losses)
    if (loss.is_py) add(rows, loss);
  rows.push_back({"", "Each of them also takes"});
  for (const Parameter& parameter : shift_scale_parameters()) rows.push_back({"", "  " + parameter.text()});
  for (const char* line : {"p becomes sigmoid(scale-margin D + shift), D the margin; tau sets scale-margin,",
                           "or with tau-shifts=1 shift, by the number of classes; unit-weight=1 makes the",
                           "largest weight 1. Ou et al., A Curriculum View of Robust Loss Functions.",
                           "phuber-ce, which has a tau, calls this one margin-tau."})
    rows.push_back({"", fmt::format("  {}", line)});
  rows.push_back({"", "Losses of all probabilities"});
  for (const LossInfo& loss : losses)
    if (!loss.is_py) add(rows, loss);
  for (const char* line :
       {"Sums of any two: alpha FIRST + beta SECOND; l1 is a penalty on the weights.",
        "A part's parameter stands as KEY, or as NAME.KEY where both have it.",
        "The published sums have the parameters for CIFAR-10 as defaults, but for l1: Ye et al.",
        "(2023) train nce+nnce and nfl+nnfl with l1=5e-5 and --weight-decay 0."})
    rows.push_back({"", line});
  for (const SumInfo& sum : list_sums()) rows.push_back({sum.name, sum.defaults + "; " + sum.source});
  return rows;
}

/// A recipe's first line has its paper, table and what that reports, those below the numbers.
std::vector<Row> recipe_rows() {
  std::vector<Row> rows;
  for (const Recipe& recipe : list_recipes()) {
    rows.push_back({recipe.name, fmt::format("{}, {}: {}, {}", recipe.paper, recipe.table, recipe.metric,
                                             to_string(recipe.over))});
    constexpr std::size_t in_a_line = 3;
    for (std::size_t i = 0; i < recipe.results.size(); ++i) {
      const PublishedResult& result = recipe.results[i];
      if (i % in_a_line == 0) rows.push_back({"", " "});
      rows.back().back() += fmt::format(" {} {}  ", result.noise, to_string(result));
    }
  }
  return rows;
}

const std::vector<std::pair<std::string, std::function<std::vector<Row>()>>>& lists() {
  static const std::vector<std::pair<std::string, std::function<std::vector<Row>()>>> all = {
      {"models", rows_of<list_models>},       {"losses", loss_rows},
      {"schemes", rows_of<list_schemes>},     {"noise", rows_of<list_noise>},
      {"datasets", rows_of<list_datasets>},   {"augmentations", rows_of<list_augmentations>},
      {"schedules", rows_of<list_schedules>}, {"recipes", recipe_rows},
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
    say("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

}  // namespace

int list_command(const Arguments& arguments) {
  const CommandLine line{.command = "list",
                         .summary = "names what there is: models, losses, schemes, noise, recipes, ...",
                         .word = "WHAT"};
  const auto given = parse(line, arguments);
  if (!given) return 0;
  std::vector<std::string> known;
  for (const auto& [name, rows] : lists()) known.push_back(name);
  const auto word = given->find("");
  if (word == given->end()) reject("list needs to know what to list: {}", fmt::join(known, ", "));
  for (const auto& [name, rows] : lists()) {
    if (name != word->second) continue;
    print_aligned(rows());
    return 0;
  }
  reject("list has no '{}': {}", shown(word->second), known_words(word->second, known));
}

}  // namespace noisegate
