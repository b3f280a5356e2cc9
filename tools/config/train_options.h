// Every setting of a training run, in one struct; read from the command line and from TOML, and written to
// the run folder's config.toml.
#pragma once

#include "tools/cli/command_line.h"
#include "tools/cli/device_options.h"
#include "tools/cli/options.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

class RunFolder;

struct TrainOptions : DeviceOptions {
  std::string recipe;  // its name in tools/config/recipes/

  std::string dataset = "synthetic";  // empty: the dataset in `data`, see choose_dataset()
  std::string data;                   // the dataset's folder
  std::int64_t limit = 0;
  double validation = 0;
  std::string noise = "none";
  std::string augment = "crop:4+flip";

  std::string model = "cnn8";
  std::string init;  // the file of the initial weights
  std::string loss = "ce";
  std::string scheme = "none";
  int epochs = 20;
  int batch_size = 128;
  double learning_rate = 0.1;
  std::string schedule = "cosine";
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 5e-4;
  double clip_norm = 0;
  double ema = 0;
  bool predictions = false;

  std::int64_t seed = 1;

  std::string out;
  bool overwrite = false;
  std::string resume;  // the folder of a run to resume
  int stop_after = 0;
  double checkpoint_minutes = 10;

  std::string note = {};  // for the user, about how the options were resolved
};

/// Returns the options by name, each bound to its member of `options`, which must outlive the table.
std::vector<Option> option_table(TrainOptions& options);

/// Names and values of options.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Returns the options that decide a run's results, except the seed: not where its files are, nor how it is
/// run.
Settings deciding_settings(TrainOptions options);

/// Returns the command line of `noisegate train`, bound to `options` and, for --config, to `config`.
CommandLine train_command_line(TrainOptions& options, std::string& config);

/// Returns the options that these arguments give: defaults, then the recipe, then --config's file, then the
/// command line, checked and resolved (see resolve). Nothing after --help.
std::optional<TrainOptions> read_train_options(const std::vector<std::string>& arguments);

/// Sets the options of a TOML file. Throws Error naming the file if it is missing or not TOML, if it has no
/// key, an unknown one (listing the known ones) or one that only the command line may have, and for a value
/// of the wrong type.
void read_config(const std::filesystem::path& file, TrainOptions& options);

/// Sets the options of a run's folder. Throws Error naming a missing option, without which the run would
/// become another one.
void read_run_config(const RunFolder& folder, TrainOptions& options);

/// Returns the TOML text of a run's config.toml: every option resolved, the version and, as a comment, the
/// differences from the recipe. It leaves out the options of this one call (out, overwrite, resume,
/// stop-after): the run is where the file is, and a new run from it goes elsewhere.
std::string config_text(const TrainOptions& options);

/// Returns a file name that describes the training: letters, digits, '.', '=', '_' and '-' of the text, '-'
/// for the rest.
std::string as_file_name(std::string text);

/// Throws Error naming the option whose value is invalid.
void check(const TrainOptions& options);

/// If the options name no dataset, sets the one whose files lie in their data folder and says so in their
/// note; synthetic if they name no folder either. Throws Error as find_dataset().
void choose_dataset(TrainOptions& options);

/// Replaces placeholders: device `auto`, threads 0, relative paths, an empty `dataset` (see choose_dataset)
/// and an empty `out`, which becomes runs/DATASET-MODEL-LOSS[-SCHEME]-NOISE-seedN.
void resolve(TrainOptions& options);

}  // namespace noisegate
