#include "tools/runs/table.h"

#include "engine/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// Runs that differ in nothing but circumstances.
struct Group {
  Settings settings, shown;
  std::vector<const RunRecord*> runs;
  Settings of_recipe = {};                   // the settings as their recipe has them; empty without one
  bool differs_from_recipe = false;          // in any of them, or in the number of epochs
  std::optional<PublishedResult> published;  // for them
  std::string published_metric;
};

/// Looks up what the recipe of a group says; a run may name one that this version does not have.
void consult_recipe(Group& group) {
  const TrainOptions& options = group.runs.front()->options;
  const std::optional<Recipe> recipe = known_recipe(options.recipe);
  if (!recipe) return;
  group.of_recipe = deciding_settings(recipe_options(*recipe, options.noise, options.epochs));
  group.differs_from_recipe = !changed_options(*recipe, options).empty();
  group.published_metric = recipe->metric;
  group.published = published_result(*recipe, options);
}

std::vector<Group> grouped(std::span<const RunRecord> runs) {
  std::vector<Group> groups;
  for (const RunRecord& run : runs) {
    if (run.epochs.empty()) continue;
    Settings settings = deciding_settings(run.options);
    const auto same =
        std::ranges::find_if(groups, [&](const Group& group) { return group.settings == settings; });
    if (same != groups.end())
      same->runs.push_back(&run);
    else
      groups.push_back({.settings = std::move(settings),
                        .shown = shown_settings(run.options),
                        .runs = {&run},
                        .published = {},
                        .published_metric = {}});
  }
  for (Group& group : groups) consult_recipe(group);
  return groups;
}

/// Those in which groups differ, but for those that all have from their recipes; and the recipe where it was
/// not followed.
std::vector<std::string> differing_options(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  for (std::size_t i = 0; !groups.empty() && i < groups.front().settings.size(); ++i) {
    const auto& first = groups.front().settings[i];
    const auto differs = [&](const Group& group) { return group.settings[i] != first; };
    const auto is_own = [&](const Group& group) {
      return group.of_recipe.empty() || group.settings[i] != group.of_recipe[i];
    };
    const bool names_rows = first.first == "recipe" || first.first == "noise";
    if (std::ranges::any_of(groups, differs) && (names_rows || std::ranges::any_of(groups, is_own)))
      names.push_back(first.first);
  }
  if (names.empty()) names = {"dataset", "noise", "loss"};
  if (names.front() != "recipe" && std::ranges::any_of(groups, &Group::differs_from_recipe))
    names.insert(names.begin(), "recipe");
  return names;
}

std::string value_of(const Settings& settings, const std::string& name) {
  return std::ranges::find(settings, name, &Settings::value_type::first)->second;
}

/// Under which metrics a run has test accuracies, and what their models are called.
std::map<std::string, std::string> tested_models(const std::vector<Group>& groups) {
  const std::string live = "test_acc";
  std::map<std::string, std::string> models;
  for (const Group& group : groups)
    for (const RunRecord* run : group.runs)
      for (const auto& [metric, value] : run->epochs.back().items()) {
        if (metric == live) models[metric] = "live";
        if (metric.starts_with(live + "_"))
          models[metric] = metric == live + "_ema" ? "momentum" : metric.substr(live.size() + 1);
      }
  return models;
}

/// " (of 2)" where the mean of the last ten epochs is over so few, " (of 2–6)" where runs have more or less.
std::string fewer_than_ten(const Group& group, const std::string& metric) {
  int least = 10, most = 0;
  for (const RunRecord* run : group.runs) {
    const int count = epochs_of_last_ten(*run, metric);
    if (count == 0) continue;
    least = std::min(least, count);
    most = std::max(most, count);
  }
  if (least == 10) return "";
  return least == most ? fmt::format(" (of {})", least) : fmt::format(" (of {}–{})", least, most);
}

/// "91.80 ± 0.13" over the runs that have it, "91.80" of one, "" of none.
std::string cell(const Group& group, const std::string& metric, Epochs epochs) {
  std::vector<double> values;
  for (const RunRecord* run : group.runs)
    if (const auto value = accuracy(*run, metric, epochs)) values.push_back(*value);
  if (values.empty()) return "";
  const std::string note = epochs == Epochs::last_ten ? fewer_than_ten(group, metric) : "";
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) return fmt::format("{:.2f}{}", mean, note);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return fmt::format("{:.2f} ± {:.2f}{}", mean, std::sqrt(squares / (n - 1)), note);
}

std::string published_cell(const Group& group, const std::string& metric) {
  if (!group.published || group.published_metric != metric) return "";
  const auto is_finished = [](const RunRecord* run) { return run->is_finished(); };
  return std::ranges::all_of(group.runs, is_finished) ? to_string(*group.published) : "unfinished";
}

/// How many characters a terminal shows: of UTF-8, the bytes that do not go on with one.
std::size_t width_of(const std::string& text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string latex_cell(std::string text) {
  for (const char* special : {"&", "%", "$", "#", "_"})
    text = replaced(text, special, fmt::format("\\{}", special));
  const std::string plus_minus = " ± ";
  const auto at = text.find(plus_minus);
  if (at == std::string::npos) return text;
  const std::string deviation = text.substr(at + plus_minus.size());
  const std::string note = deviation.substr(std::min(deviation.find(' '), deviation.size()));
  return fmt::format("${} \\pm {}${}", text.substr(0, at),
                     deviation.substr(0, deviation.size() - note.size()), note);
}

std::string latex_row(const std::vector<std::string>& cells) {
  std::vector<std::string> escaped;
  for (const std::string& text : cells) escaped.push_back(latex_cell(text));
  return fmt::format("{} \\\\\n", fmt::join(escaped, " & "));
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::vector<std::string> escaped;
  for (const std::string& text : cells) escaped.push_back(replaced(text, "|", "\\|"));
  return fmt::format("| {} |\n", fmt::join(escaped, " | "));
}

}  // namespace

RunTable run_table(std::span<const RunRecord> runs) {
  const std::vector<Group> groups = grouped(runs);
  const std::vector<std::string> options = differing_options(groups);
  const std::map<std::string, std::string> models = tested_models(groups);
  std::vector<std::pair<std::string, Epochs>> measures = {
      {"last", Epochs::last}, {"last ten", Epochs::last_ten}, {"best", Epochs::best}};
  const auto has_validation = [](const RunRecord& run) {
    return accuracy(run, "validation_acc", Epochs::last).has_value();
  };
  if (std::ranges::any_of(runs, has_validation))
    measures.emplace_back("best validation", Epochs::best_validation);
  const bool any_published =
      std::ranges::any_of(groups, [](const Group& group) { return group.published.has_value(); });

  RunTable table{options, {}};
  if (models.size() > 1) table.titles.push_back("model");
  table.titles.push_back("runs");
  for (const auto& [title, epochs] : measures) table.titles.push_back(title);
  if (any_published) table.titles.push_back("published");
  for (const Group& group : groups) {
    for (const auto& [metric, model] : models) {
      if (cell(group, metric, Epochs::last).empty()) continue;
      std::vector<std::string>& row = table.rows.emplace_back();
      for (const std::string& option : options) row.push_back(printable(value_of(group.shown, option)));
      if (models.size() > 1) row.push_back(model);
      row.push_back(std::to_string(group.runs.size()));
      for (const auto& [title, epochs] : measures) row.push_back(cell(group, metric, epochs));
      if (any_published) row.push_back(published_cell(group, metric));
    }
  }
  return table;
}

std::string as_text(const RunTable& table) {
  std::vector<std::size_t> widths;
  for (const std::string& title : table.titles) widths.push_back(width_of(title));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += cells[i] + std::string(widths[i] - width_of(cells[i]) + 2, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add(table.titles);
  for (const auto& row : table.rows) add(row);
  return text;
}

std::string as_markdown(const RunTable& table) {
  std::string text = markdown_row(table.titles);
  text += markdown_row(std::vector<std::string>(table.titles.size(), "---"));
  for (const auto& row : table.rows) text += markdown_row(row);
  return text;
}

std::string as_latex(const RunTable& table) {
  std::string text =
      fmt::format("\\begin{{tabular}}{{{}}}\n\\toprule\n", std::string(table.titles.size(), 'l'));
  text += latex_row(table.titles) + "\\midrule\n";
  for (const auto& row : table.rows) text += latex_row(row);
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string recipe_outcome(const Recipe& recipe, const RunRecord& run) {
  if (!changed_options(recipe, run.options).empty())
    return fmt::format("recipe {}: no published number stands beside it", recipe_label(recipe, run.options));
  const std::optional<double> reached = accuracy(run, recipe.metric, recipe.over);
  if (!reached) return "";
  const int count = recipe.over == Epochs::last_ten ? epochs_of_last_ten(run, recipe.metric) : 10;
  return fmt::format("{}, {}{}: {:.2f} here, {} in the paper", recipe.metric, to_string(recipe.over),
                     count < 10 ? fmt::format(" (of {})", count) : "", *reached,
                     to_string(*published_result(recipe, run.options)));
}

}  // namespace noisegate
