#include "tools/config/train_options.h"

#include "datasets/dataset.h"
#include "engine/error.h"
#include "tools/cli/toml_file.h"
#include "tools/config/recipe.h"
#include "tools/config/spec_paths.h"
#include "tools/files/run_folder.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace noisegate {
namespace {

std::string toml_value(const Option& option) {
  const auto* const* text = std::get_if<std::string*>(&option.value);
  return text ? toml_string(**text) : value_text(option);
}

/// A comment of what the run does not have as its recipe says; "" where it follows it.
std::string changed_comment(const TrainOptions& options) {
  const std::string label = recipe_label(options);
  return label == options.recipe ? "" : fmt::format("# recipe {}\n", label);
}

void require(bool sensible, const std::string& option, const std::string& rule, const auto& value) {
  if (!sensible) reject("{} must be {}, not {}", option, rule, value);
}

/// What config.toml keeps must be text: TOML has no word for other bytes.
void require_text(TrainOptions options) {
  for (const Option& option : option_table(options))
    if (const auto* const* text = std::get_if<std::string*>(&option.value); text && option.policy.is_kept)
      require_utf8(**text, "--" + option.name);
}

/// Returns the options of the run in this folder. Only some may be changed when it is resumed: the others
/// would make it another run.
TrainOptions resumed(const std::filesystem::path& run, const CommandLine& line, const Given& given,
                     TrainOptions& options) {
  for (const auto& [name, value] : given)
    if (!find_option(line.options, name)->policy.may_change)
      reject("--resume goes on with the run as it was: --{} does not go with it", name);
  const RunFolder folder(run);
  if (!std::filesystem::exists(folder.config()))
    reject("--resume {}: there is no run in that folder", run.string());
  read_run_config(folder, options);
  assign_given(line, given);
  options.out = run.string();
  check(options);
  resolve(options);
  return options;
}

}  // namespace

std::vector<Option> option_table(TrainOptions& o) {
  constexpr OptionPolicy adjustable{.may_change = true}, circumstance{.decides = false},
      adjustable_circumstance{.decides = false, .may_change = true},
      unkept{.decides = false, .is_kept = false},
      of_the_start{.decides = false, .is_kept = false, .is_in_files = false},
      of_the_call{.decides = false, .is_kept = false, .is_in_files = false, .may_change = true};
  return {
      {"recipe", "NAME", "one of noisegate list recipes", &o.recipe},
      {"data", "DIR", "the dataset's folder", &o.data, circumstance},
      {"dataset", "SPEC", "cifar10, mnist, list:size=64; see noisegate list datasets", &o.dataset},
      {"limit", "N", "first N samples, 0: all", &o.limit},
      {"validation", "X", "share held out, 0: none", &o.validation},
      {"noise", "SPEC", "wrong labels: symmetric:0.4, human:worst; see noisegate list noise", &o.noise},
      {"augment", "SPEC", "crop:4+flip, none; see noisegate list augmentations", &o.augment},
      {"model", "SPEC", "wrn-28-2, resnet34, cnn8; see noisegate list models", &o.model},
      {"init", "FILE", "weights to start from (.safetensors)", &o.init},
      {"loss", "SPEC", "ce, gce:0.7; see noisegate list losses", &o.loss},
      {"scheme", "SPEC", "ogc; see noisegate list schemes", &o.scheme},
      {"epochs", "N", "passes over the data", &o.epochs, adjustable},
      {"batch-size", "N", "samples a step", &o.batch_size},
      {"lr", "X", "learning rate", &o.learning_rate},
      {"schedule", "SPEC", "its course: constant, step:30, multistep:at=50/100, with warmup=N", &o.schedule},
      {"momentum", "X", "of SGD", &o.momentum},
      {"nesterov", "", "Nesterov's momentum", &o.nesterov},
      {"weight-decay", "X", "L2 penalty", &o.weight_decay},
      {"clip-norm", "X", "largest gradient, 0: any", &o.clip_norm},
      {"ema", "X", "also test a momentum (EMA) model with this decay, e.g. 0.999; 0: none", &o.ema},
      {"predictions", "", "keep the run's average softmax for --noise prediction", &o.predictions,
       circumstance},
      {"seed", "N", "of all draws, below 2^48", &o.seed, circumstance},
      o.row("threads"),
      o.row("device"),
      o.row("precision"),
      o.row("conv"),
      o.row("no-graph"),
      {"out", "DIR", "run folder; by default runs/DATASET-MODEL-LOSS-NOISE-seedN", &o.out, unkept},
      {"overwrite", "", "replace the run there", &o.overwrite, of_the_start},
      {"checkpoint", "X", "minutes apart", &o.checkpoint_minutes, adjustable_circumstance},
      {"stop-after", "N", "stop at this epoch", &o.stop_after, of_the_call},
      {"resume", "DIR", "go on with this run", &o.resume, of_the_call},
  };
}

Settings deciding_settings(TrainOptions options) {
  Settings settings;
  for (const Option& option : option_table(options))
    if (option.policy.decides) settings.emplace_back(option.name, value_text(option));
  return settings;
}

CommandLine train_command_line(TrainOptions& options, std::string& config) {
  CommandLine line{.command = "train",
                   .summary = "trains a model and leaves a run folder",
                   .options = option_table(options)};
  line.options.push_back({"config", "FILE", "TOML file with any of these", &config});
  return line;
}

std::optional<TrainOptions> read_train_options(const std::vector<std::string>& arguments) {
  TrainOptions options;
  std::string config;
  const CommandLine line = train_command_line(options, config);
  const auto given = parse(line, arguments);
  if (!given) return std::nullopt;
  options.dataset.clear();  // unless somebody names one, choose_dataset() does
  if (const auto run = given->find("resume"); run != given->end())
    return resumed(run->second, line, *given, options);
  const auto assign_wishes = [&] {
    if (const auto file = given->find("config"); file != given->end()) read_config(file->second, options);
    assign_given(line, *given);
  };
  assign_wishes();
  if (!options.recipe.empty()) {
    // What file and command line wish decides how the recipe is meant, and then wins over what it says.
    const Recipe recipe = find_recipe(options.recipe);
    options = recipe.options;
    assign_wishes();
    options = recipe_options(recipe, options.noise, options.epochs);
    assign_wishes();
  }
  check(options);
  resolve(options);
  return options;
}

void read_config(const std::filesystem::path& file, TrainOptions& options) {
  toml::table table = parse_toml_file(file);
  table.erase("version");  // says who wrote the file
  if (table.empty()) reject("{} sets no option: it has no key", file.string());
  const std::vector<Option> known = option_table(options);
  for (const auto& [key, value] : table)
    if (const Option* option = find_option(known, std::string(key.str()));
        option && !option->policy.is_in_files)
      reject("{} has the key '{}', which belongs on the command line", file.string(), option->name);
  assign_table(table, file.string(), known);
}

void read_run_config(const RunFolder& folder, TrainOptions& options) {
  const std::filesystem::path file = folder.config();
  const toml::table table = parse_toml_file(file);
  for (const Option& option : option_table(options))
    if (option.policy.is_kept && !table.contains(option.name))
      reject("{} lacks '{}': a part of it is missing", file.string(), option.name);
  read_config(file, options);
}

std::string config_text(const TrainOptions& options) {
  std::string text = fmt::format("version = \"{}\"\n", NOISEGATE_VERSION);
  TrainOptions copy = options;
  for (const Option& option : option_table(copy)) {
    if (option.policy.is_kept) text += fmt::format("{} = {}\n", option.name, toml_value(option));
    if (option.name == "recipe") text += changed_comment(options);
  }
  return text;
}

std::string as_file_name(std::string text) {
  for (char& c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '=' && c != '_') c = '-';
  }
  return text;
}

void check(const TrainOptions& o) {
  require(o.epochs >= 1, "--epochs", "at least 1", o.epochs);
  require(o.batch_size >= 1, "--batch-size", "at least 1", o.batch_size);
  require(o.learning_rate > 0, "--lr", "above 0", o.learning_rate);
  require(o.momentum >= 0 && o.momentum < 1, "--momentum", "in [0, 1)", o.momentum);
  require(o.weight_decay >= 0, "--weight-decay", "at least 0", o.weight_decay);
  require(o.clip_norm >= 0, "--clip-norm", "at least 0", o.clip_norm);
  require(o.limit >= 0, "--limit", "at least 0", o.limit);
  require(o.validation >= 0 && o.validation < 1, "--validation", "in [0, 1)", o.validation);
  require(o.ema >= 0 && o.ema < 1, "--ema", "in [0, 1)", o.ema);
  require(o.stop_after >= 0, "--stop-after", "at least 0", o.stop_after);
  require(o.checkpoint_minutes >= 0, "--checkpoint", "at least 0", o.checkpoint_minutes);
  require_seed(o.seed);
  if (o.predictions && o.validation > 0)
    reject("--predictions is about every training sample, so --validation must be 0");
  if (o.nesterov && o.momentum == 0) reject("--nesterov needs a --momentum above 0");
  parse_precision(o.precision);
  require_text(o);
}

void choose_dataset(TrainOptions& options) {
  if (!options.dataset.empty()) return;
  options.dataset = options.data.empty() ? TrainOptions().dataset : find_dataset(options.data);
  if (!options.data.empty())
    options.note = fmt::format("--data {} is taken as --dataset {}, whose files lie there", options.data,
                               options.dataset);
}

void resolve(TrainOptions& options) {
  options.device = to_string(options.apply());
  options.threads = thread_count();
  choose_dataset(options);
  for (std::string* path : {&options.data, &options.init})
    if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal().string();
  require_text(options);  // the folder that a path is in counts too
  if (options.out.empty()) {
    const std::string scheme = options.scheme == "none" ? "" : "-" + options.scheme;
    const std::string what = fmt::format("{}-{}-{}{}-{}-seed{}", options.dataset, options.model, options.loss,
                                         scheme, options.noise, options.seed);
    options.out = (std::filesystem::path("runs") / as_file_name(what)).string();
  }
  // After the name of the folder, which says what was typed.
  options.noise = noise_with_absolute_paths(options.noise);
  options.loss = loss_with_absolute_paths(options.loss);
}

}  // namespace noisegate
