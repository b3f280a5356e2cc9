#include "tools/report/report.h"

#include "engine/error.h"
#include "noise/transition.h"
#include "tools/analysis/run_analysis.h"
#include "tools/config/recipe.h"
#include "tools/report/report_template.h"
#include "tools/runs/table.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using Json = nlohmann::ordered_json;

/// Runs with the same number differ in nothing but their seed and circumstances.
std::vector<int> groups_of(std::span<const RunRecord> runs) {
  std::vector<Settings> seen;
  std::vector<int> groups;
  for (const RunRecord& run : runs) {
    const Settings settings = deciding_settings(run.options);
    const auto found = std::ranges::find(seen, settings);
    groups.push_back(static_cast<int>(found - seen.begin()));
    if (found == seen.end()) seen.push_back(settings);
  }
  return groups;
}

/// Names of the options in which the runs differ.
std::vector<std::string> differing_options(std::span<const RunRecord> runs) {
  const Settings first = shown_settings(runs.front().options);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < first.size(); ++i)
    if (std::ranges::any_of(runs, [&](const RunRecord& run) {
          return shown_settings(run.options)[i].second != first[i].second;
        }))
      names.push_back(first[i].first);
  return names;
}

/// "gce:0.7, symmetric:0.4, seed 2": what sets the run apart.
std::string name_of(const RunRecord& run, const std::vector<std::string>& differing, bool seeds_differ) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : shown_settings(run.options)) {
    if (std::ranges::find(differing, name) == differing.end()) continue;
    const bool speaks_for_itself = name == "loss" || name == "noise" || name == "model" || name == "dataset";
    parts.push_back(speaks_for_itself ? value : fmt::format("{} {}", name, value));
  }
  if (parts.empty()) parts.push_back(run.options.loss);
  if (seeds_differ) parts.push_back(fmt::format("seed {}", run.options.seed));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The numbers of metrics.jsonl, a list a key; null in epochs that lack it.
Json metrics_of(const RunRecord& run) {
  Json series = Json::object();
  for (std::size_t epoch = 0; epoch < run.epochs.size(); ++epoch) {
    for (const auto& [key, value] : run.epochs[epoch].items()) {
      if (!value.is_number()) continue;
      Json& list = series[key];
      while (list.size() < epoch) list.push_back(nullptr);
      list.push_back(Json(value));
    }
  }
  for (Json& list : series)
    while (list.size() < run.epochs.size()) list.push_back(nullptr);
  return series;
}

/// The histograms of at most a hundred epochs, the last among them; none of a run that kept none.
Json margins_of(const RunRecord& run) {
  constexpr std::size_t most = 100;
  const std::size_t step = (run.epochs.size() + most - 1) / most;
  Json margins = {{"epochs", Json::array()}, {"clean", Json::array()}, {"noisy", Json::array()}};
  for (std::size_t epoch = 0; epoch < run.epochs.size(); ++epoch) {
    const nlohmann::json& line = run.epochs[epoch];
    if ((run.epochs.size() - 1 - epoch) % step != 0 || !line.contains("margins_clean")) continue;
    margins["epochs"].push_back(epoch + 1);
    margins["clean"].push_back(Json(line["margins_clean"]));
    margins["noisy"].push_back(Json(line.value("margins_noisy", nlohmann::json::array())));
  }
  return margins;
}

Json options_of(const RunRecord& run) {
  Json json;
  for (const auto& [name, value] : shown_settings(run.options)) json[name] = value;
  json["seed"] = run.options.seed;
  return json;
}

Json run_data(const RunRecord& run, const ReportOptions& options) {
  Json json = {{"folder", run.folder.string()},
               {"planned_epochs", run.options.epochs},
               {"options", options_of(run)},
               {"metrics", metrics_of(run)},
               {"missing", Json::array()}};
  const auto lacks = [&](const std::string& sentence) { json["missing"].push_back(sentence); };
  if (run.epochs.empty()) lacks("No epoch is finished yet.");
  const Json margins = margins_of(run);
  if (!margins["epochs"].empty())
    json["margins"] = margins;
  else if (!run.epochs.empty())
    lacks("The run kept no margins: an earlier version of Noisegate trained it.");
  if (options.curves_only || run.epochs.empty()) return json;
  try {
    const TrainedRun trained = open_run(run.folder.string(), options.view, run.folder.string());
    json["analysis"] = analyse_run(trained, options.pictures);
    if (!json["analysis"].contains("transition"))
      lacks(fmt::format("Matrices are made of at most {} classes.", most_classes_in_matrix));
  } catch (const Error& error) {
    lacks(fmt::format("What takes the model and the data is not here: {}.", error.what()));
  }
  return json;
}

/// JSON inside a script element, where "</script" and "<!--" would end it or start a comment.
std::string as_script(const Json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

}  // namespace

Json report_data(std::span<const RunRecord> runs, const ReportOptions& options) {
  const std::vector<int> groups = groups_of(runs);
  const std::vector<std::string> differing = differing_options(runs);
  std::set<std::int64_t> seeds;
  for (const RunRecord& run : runs) seeds.insert(run.options.seed);

  const RunTable table = run_table(runs);
  Json data = {{"title", options.title},
               {"version", NOISEGATE_VERSION},
               {"differing", differing},
               {"table",
                {{"titles", table.titles},
                 {"rows", table.rows},
                 {"markdown", as_markdown(table)},
                 {"latex", as_latex(table)}}},
               {"runs", Json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Json run = run_data(runs[i], options);
    run["name"] = name_of(runs[i], differing, seeds.size() > 1);
    run["group"] = groups[i];
    data["runs"].push_back(std::move(run));
  }
  return data;
}

std::string report_page(const Json& data) {
  const std::string_view page = report_template(), mark = "@DATA@";
  const std::size_t at = page.find(mark);
  return fmt::format("{}{}{}", page.substr(0, at), as_script(data), page.substr(at + mark.size()));
}

}  // namespace noisegate
