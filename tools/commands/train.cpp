// noisegate train: reads the options, prepares data and model, trains, and keeps the run folder whole at
// every moment.
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"
#include "layers/model_file.h"
#include "tools/cli/command.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/output.h"
#include "tools/config/recipe.h"
#include "tools/config/train_options.h"
#include "tools/files/checkpoint.h"
#include "tools/files/run_folder.h"
#include "tools/runs/table.h"
#include "tools/train/event_file.h"
#include "tools/train/prediction_average.h"
#include "tools/train/progress.h"
#include "tools/train/run_identity.h"
#include "tools/train/stopwatch.h"
#include "tools/train/trainer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

void announce(const TrainOptions& options, const Trainer& trainer) {
  if (!options.recipe.empty())
    for (const std::string& note : recipe_notes(find_recipe(options.recipe), options)) say("{}\n", note);
  if (!options.note.empty()) warn("{}", options.note);
  for (const std::string& note : trainer.dataset().notes) warn("{}", note);
  const ImageSet& train = trainer.dataset().train;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < train.given.size(); ++i) wrong += train.given[i] != train.truth[i] ? 1 : 0;
  say("{}: {} training images ({} with a wrong label), {} test images, {} classes\n",
      printable(options.dataset), train.size(), wrong, trainer.dataset().test.size(),
      trainer.dataset().classes);
  const std::string device = options.device == "cpu" ? "cpu" : options.device + " in " + options.precision;
  say("{}: {} parameters, loss {}, on {}, threads {}, seed {}; run folder {}\n", printable(options.model),
      trainer.state().model().parameter_count(), printable(options.loss), device, options.threads,
      options.seed, printable(options.out));
  flush_output();
}

/// A run: its trainer, its folder, and what goes from one to the other.
class Run {
 public:
  explicit Run(const TrainOptions& options)
      : options_(options),
        folder_(options.out),
        checkpoints_(folder_.checkpoints()),
        trainer_(options, prepare_data(options)),
        identity_(options, trainer_.dataset()) {}

  const Trainer& trainer() const { return trainer_; }

  /// Both need the folder's lock.
  void begin() const { folder_.begin(config_text(options_)); }
  /// Makes everything what it was at the last checkpoint; from the beginning where there is none.
  void resume();
  /// Trains what is left of the epochs; returns the exit code.
  int train();

 private:
  int train_epochs(const InterruptGuard& interrupt, Progress& progress);
  void keep_epoch(const EpochMetrics& metrics);
  void save_models();
  void save_checkpoint();
  std::string objection_to(const State& checkpoint) const;
  bool is_time_for_checkpoint() const;
  int report_interruption(int signal);
  std::string position() const;
  std::string what_is_kept() const;
  std::string how_to_resume() const {
    return fmt::format("noisegate train --resume {}", printable(folder_.path().string()));
  }

  const TrainOptions& options_;
  RunFolder folder_;
  Checkpoints checkpoints_;
  Trainer trainer_;
  RunIdentity identity_;
  PredictionAverage predictions_;
  int epochs_kept_ = 0;
  Stopwatch since_checkpoint_;
};

/// What makes a whole checkpoint useless. Metrics are on the disk before the checkpoint that follows them;
/// where they are not, the disk has lost them, and an older checkpoint writes them again.
std::string Run::objection_to(const State& checkpoint) const {
  if (const std::string difference = identity_.difference(checkpoint); !difference.empty()) return difference;
  const std::int64_t epochs = checkpoint.count("epochs_done"), told = folder_.epochs_told();
  if (epochs <= told) return "";
  return fmt::format("it follows epoch {}, and {} has {} whole epochs", epochs,
                     printable(folder_.metrics().string()), told);
}

void Run::resume() {
  if (folder_.is_beginning()) begin();
  const auto loaded = checkpoints_.load([this](const State& state) { return objection_to(state); });
  if (!loaded) {
    begin();
    say("{} has no checkpoint yet: the run starts from the beginning\n", printable(folder_.path().string()));
    return;
  }
  if (!loaded->note.empty()) warn("{}", loaded->note);
  trainer_.load(loaded->state);
  predictions_.load(loaded->state);
  epochs_kept_ = trainer_.state().epochs_done;
  if (options_.epochs < epochs_kept_)
    reject("--epochs {}: {} has trained {} epochs already", options_.epochs, folder_.path().string(),
           epochs_kept_);
  folder_.keep_metrics(epochs_kept_);
  write_file_atomically(folder_.config(), config_text(options_));
  say("{} goes on {}\n", printable(folder_.path().string()), position());
}

void Run::save_models() {
  const std::map<std::string, std::string> metadata = {
      {"epoch", std::to_string(trainer_.state().epochs_done)},
      {"model", options_.model},
      {"dataset", options_.dataset},
      {"noisegate", NOISEGATE_VERSION}};
  save_model(trainer_.state().model(), folder_.model(), metadata);
  if (const Module* average = trainer_.average_model())
    save_model(*average, folder_.average_model(), metadata);
  if (const Module* companion = trainer_.companion_model())
    save_model(*companion, folder_.companion_model(trainer_.companion()), metadata);
}

void Run::save_checkpoint() {
  State state;
  trainer_.save(state);
  predictions_.save(state);
  identity_.save(state);
  checkpoints_.save(state);
  since_checkpoint_ = {};
}

bool Run::is_time_for_checkpoint() const {
  return options_.checkpoint_minutes > 0 && since_checkpoint_.seconds() >= 60 * options_.checkpoint_minutes;
}

void Run::keep_epoch(const EpochMetrics& metrics) {
  save_models();
  if (options_.predictions) {
    predictions_.add(trainer_.state().model(), trainer_.dataset());
    predictions_.save(folder_.predictions());
  }
  append_margins(folder_.margins(), metrics.epoch, metrics.curriculum);
  const nlohmann::ordered_json line = to_json(metrics);
  append_events(folder_.events(), metrics.epoch, line);
  folder_.append_metrics(line);
  epochs_kept_ = metrics.epoch;
  // The checkpoint comes last: if it is not reached, a resumed run trains the epoch again and writes all of
  // this again, with the same values.
  save_checkpoint();
}

std::string Run::what_is_kept() const {
  if (epochs_kept_ == 0)
    return fmt::format("no epoch was finished, so {} has no model", printable(folder_.path().string()));
  return fmt::format("{} keeps the model of epoch {}", printable(folder_.path().string()), epochs_kept_);
}

std::string Run::position() const {
  const TrainingState& state = trainer_.state();
  if (state.batches_done > 0)
    return fmt::format("after step {} of epoch {}", state.steps_done, state.epochs_done + 1);
  return state.epochs_done > 0 ? fmt::format("after epoch {}", state.epochs_done) : "before its first step";
}

int Run::report_interruption(int signal) {
  // Between two epochs the last checkpoint is that of this moment, but for what a scheme may have begun.
  if (trainer_.state().batches_done > 0) save_checkpoint();
  warn("stopped by {} {}; {}; to go on: {}", signal_name(signal), position(), what_is_kept(),
       how_to_resume());
  return exit_code_of_signal(signal);
}

void conclude(const EpochMetrics& last, const TrainOptions& options, const Progress& progress) {
  constexpr double mebibyte = 1 << 20;
  say("done in {}: test accuracy {:.2f}%, at most {:.0f} MiB in tensors; the model is in {}\n",
      duration_text(progress.elapsed()), 100 * last.test.accuracy(),
      static_cast<double>(last.peak_memory) / mebibyte, printable(options.out));
  if (options.recipe.empty()) return;
  const std::string outcome = recipe_outcome(find_recipe(options.recipe), read_run_record(options.out));
  if (!outcome.empty()) say("{}\n", outcome);
}

int Run::train_epochs(const InterruptGuard& interrupt, Progress& progress) {
  const int end = options_.stop_after > 0 ? std::min(options_.stop_after, options_.epochs) : options_.epochs;
  const auto go_on = [&] { return interrupt.signal() == 0; };
  while (trainer_.state().epochs_done < end) {
    const auto after_step = [&](const StepReport& report) {
      if (!go_on()) return false;
      progress.after_step(report);
      if (is_time_for_checkpoint()) save_checkpoint();
      return true;
    };
    const auto metrics = go_on() ? trainer_.run_epoch(after_step, go_on) : std::nullopt;
    if (!metrics) {
      progress.clear();
      return report_interruption(interrupt.signal());
    }
    keep_epoch(*metrics);
    progress.after_epoch(*metrics);
    if (metrics->left_out.images > 0) warn("{}", to_string(metrics->left_out));
    if (metrics->epoch == options_.epochs) conclude(*metrics, options_, progress);
  }
  if (end < options_.epochs)
    say("stopped after epoch {} of {}; to go on: {}\n", end, options_.epochs, how_to_resume());
  return 0;
}

int Run::train() {
  if (trainer_.state().epochs_done >= options_.epochs) {
    say("{} has all its {} epochs; a larger --epochs goes on\n", printable(folder_.path().string()),
        options_.epochs);
    return 0;
  }
  const InterruptGuard interrupt("stopping with a checkpoint; a second one stops without",
                                 "what came after the last checkpoint is dropped");
  Progress progress(options_.epochs, output_is_terminal());
  try {
    return train_epochs(interrupt, progress);
  } catch (const Error& error) {
    progress.clear();
    throw Error(error.cause(), fmt::format("{}; {}", error.what(), what_is_kept()));
  }
}

}  // namespace

int train_command(const Arguments& arguments) {
  std::optional<TrainOptions> options = read_train_options(arguments);
  if (!options) return 0;
  const RunFolder folder(options->out);
  const bool is_resumed = !options->resume.empty();
  std::optional<FileLock> lock;
  if (is_resumed) {
    lock.emplace(folder.lock());
    options = read_train_options(arguments);  // again, now that no other training can change the folder
  } else {
    folder.require_free(options->overwrite);
  }
  outlive_output();
  Run run(*options);
  if (is_resumed) {
    run.resume();
  } else {
    // Only now, so that what is refused leaves no folder; another run may have begun there meanwhile.
    lock.emplace(folder.lock());
    folder.require_free(options->overwrite);
    run.begin();
  }
  announce(*options, run.trainer());
  return run.train();
}

}  // namespace noisegate
