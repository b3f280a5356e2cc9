#include "tools/runs/sweep.h"

#include "datasets/augment/augmentation.h"
#include "datasets/dataset.h"
#include "engine/error.h"
#include "engine/optimizer.h"
#include "engine/text.h"
#include "layers/models.h"
#include "losses/schemes/scheme.h"
#include "noise/noise.h"
#include "tools/cli/toml_file.h"
#include "tools/config/train_options.h"
#include "tools/files/run_folder.h"
#include "tools/runs/record.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// An option and the values that the grid has for it.
struct Axis {
  std::string option;
  std::vector<std::string> values;
  bool is_list;
};

/// The keys as they stand in the file; TOML++ sorts them by name.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, value] : table) entries.emplace_back(key.str(), &value);
  std::ranges::sort(entries, {}, [](const auto& entry) {
    const toml::source_position begin = entry.second->source().begin;
    return std::pair(begin.line, begin.column);
  });
  return entries;
}

Axis read_axis(const std::string& option, const toml::node& node, const std::string& file) {
  const std::string where = fmt::format("'{}' in {}", option, file);
  Axis axis{option, {}, node.is_array()};
  if (const toml::array* list = node.as_array())
    for (const toml::node& value : *list) axis.values.push_back(text_of(value, where));
  else
    axis.values.push_back(text_of(node, where));
  if (axis.values.empty()) reject("{} has no value", where);
  return axis;
}

void require_few_runs(const std::vector<Axis>& axes, const std::string& file) {
  constexpr std::size_t most = 10'000;
  std::size_t runs = 1;
  for (const Axis& axis : axes) {
    if (axis.values.size() > most / runs)
      reject("{} means more than the {} runs that a sweep may have", file, most);
    runs *= axis.values.size();
  }
}

/// Throws Error for what no run could take, so that the first one need not be trained to find it in the last.
/// What only the data can tell is left to the runs.
void check_specs(const TrainOptions& options) {
  const auto check = [](const std::vector<Description>& entries, const Spec& spec) {
    static_cast<void>(Values(spec, find_entry(entries, spec).parameters));
  };
  check(list_datasets(), Spec(options.dataset, "--dataset"));
  check(list_noise(), Spec(options.noise, "--noise"));
  require_model(Spec(options.model, "--model"));
  Augmentation::parse(options.augment);
  Schedule(Spec(options.schedule, "--schedule"), options.epochs);
  const Spec loss(options.loss, "--loss");
  static_cast<void>(transition_request(loss));
  const LossSetting of_two_classes{.label_shares = {0.5, 0.5}, .transition = {0.8, 0.2, 0.2, 0.8}};
  make_scheme(Spec(options.scheme, "--scheme"), loss, of_two_classes);
}

std::vector<Axis> read_axes(const toml::table& table, const std::string& file) {
  TrainOptions options;
  std::vector<std::string> known;
  for (const Option& option : option_table(options))
    if (option.policy.is_in_files) known.push_back(option.name);
  std::vector<Axis> axes;
  for (const auto& [name, node] : in_file_order(table)) {
    if (std::ranges::find(known, name) == known.end())
      reject("{} has the unknown key '{}': {}", file, shown(name), known_words(name, known));
    if (name != "out") axes.push_back(read_axis(name, *node, file));
  }
  if (axes.empty()) reject("{} has no option of train, so that it says nothing to sweep over", file);
  require_few_runs(axes, file);
  return axes;
}

constexpr std::size_t longest_name = 255;  // of a file, on most systems

/// The run with the axes' values at these places.
PlannedRun plan_run(const std::vector<Axis>& axes, const std::vector<std::size_t>& places,
                    const std::filesystem::path& folder) {
  PlannedRun run;
  TrainOptions defaults;
  const std::vector<Option> table = option_table(defaults);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::string& value = axes[i].values[places[i]];
    if (axes[i].is_list) names.push_back(as_file_name(fmt::format("{}={}", axes[i].option, value)));
    // On the command line nothing stands for nothing.
    if (value.empty() && value_text(*find_option(table, axes[i].option)).empty()) continue;
    run.arguments.push_back(fmt::format("--{}={}", axes[i].option, value));
  }
  run.name = names.empty() ? "run" : fmt::format("{}", fmt::join(names, "_"));
  run.folder = folder / run.name;
  run.arguments.push_back("--out=" + run.folder.string());
  return run;
}

/// The next place in the grid, the last axis first; false after the last one.
bool advance(const std::vector<Axis>& axes, std::vector<std::size_t>& places) {
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (++places[i] < axes[i].values.size()) return true;
    places[i] = 0;
  }
  return false;
}

}  // namespace

Sweep read_sweep(const std::filesystem::path& file) {
  const toml::table table = parse_toml_file(file);
  const std::vector<Axis> axes = read_axes(table, file.string());
  Sweep sweep{std::filesystem::path("runs") / file.stem(), {}};
  if (const toml::node* out = table.get("out"))
    sweep.folder = text_of(*out, fmt::format("'out' in {}", file.string()));
  std::set<std::string> names;
  std::vector<std::size_t> places(axes.size());
  do {
    PlannedRun run = plan_run(axes, places, sweep.folder);
    if (run.name.size() > longest_name)
      reject("{}: the name of run {} would have {} letters, more than a folder's may", file.string(),
             shown(run.name), run.name.size());
    if (!names.insert(run.name).second) reject("{} has two runs called {}", file.string(), shown(run.name));
    try {
      check_specs(*read_train_options(run.arguments));
    } catch (const Error& error) {
      throw Error(error.cause(), fmt::format("{}, run {}: {}", file.string(), shown(run.name), error.what()));
    }
    sweep.runs.push_back(std::move(run));
  } while (advance(axes, places));
  return sweep;
}

RunProgress progress_of(const PlannedRun& run) {
  if (!std::filesystem::exists(RunFolder(run.folder).config())) return RunProgress::none;
  const RunRecord record = read_run_record(run.folder);
  const TrainOptions wanted = *read_train_options(run.arguments);
  const auto refuse = [&](const std::string& option, const std::string& has, const std::string& wants) {
    reject("{} has a run with {} = {}, not {}: name another `out`, or remove it", run.folder.string(), option,
           has, wants);
  };
  const Settings has = deciding_settings(record.options), wants = deciding_settings(wanted);
  for (std::size_t i = 0; i < has.size(); ++i)
    if (has[i] != wants[i]) refuse(has[i].first, has[i].second, wants[i].second);
  if (record.options.seed != wanted.seed)
    refuse("seed", std::to_string(record.options.seed), std::to_string(wanted.seed));
  return record.is_finished() ? RunProgress::finished : RunProgress::unfinished;
}

}  // namespace noisegate
