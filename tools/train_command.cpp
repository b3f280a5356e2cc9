// noisegate train: reads the options, prepares data and model, trains, and keeps the run folder whole at
// every moment.
#include "engine/error.h"
#include "layers/model_file.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/prediction_average.h"
#include "tools/progress.h"
#include "tools/recipe.h"
#include "tools/run_folder.h"
#include "tools/train_options.h"
#include "tools/trainer.h"

#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace noisegate {
namespace {

void announce(const TrainOptions& options, const Trainer& trainer) {
  if (!options.recipe.empty())
    for (const std::string& note : recipe_notes(find_recipe(options.recipe), options))
      fmt::print("{}\n", note);
  for (const std::string& note : trainer.dataset().notes) fmt::print(stderr, "noisegate: {}\n", note);
  const ImageSet& train = trainer.dataset().train;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < train.given.size(); ++i) wrong += train.given[i] != train.truth[i] ? 1 : 0;
  fmt::print("{}: {} training images ({} with a wrong label), {} test images, {} classes\n", options.dataset,
             train.size(), wrong, trainer.dataset().test.size(), trainer.dataset().classes);
  fmt::print("{}: {} parameters, loss {}, on {}, threads {}, seed {}; run folder {}\n", options.model,
             trainer.state().model().parameter_count(), options.loss, options.device, options.threads,
             options.seed, options.out);
  std::fflush(stdout);
}

void save_models(const RunFolder& folder, Trainer& trainer, const TrainOptions& options) {
  const std::map<std::string, std::string> metadata = {{"epoch", std::to_string(trainer.state().epochs_done)},
                                                       {"model", options.model},
                                                       {"dataset", options.dataset},
                                                       {"noisegate", NOISEGATE_VERSION}};
  save_model(trainer.state().model(), folder.model(), metadata);
  if (const Module* average = trainer.average_model()) save_model(*average, folder.average_model(), metadata);
}

/// What the run folder has now, for whoever must be told that training stopped.
std::string what_is_kept(const RunFolder& folder, int epochs_saved) {
  if (epochs_saved == 0)
    return fmt::format("no epoch was finished, so {} has no model", folder.path().string());
  return fmt::format("{} keeps the model of epoch {}", folder.path().string(), epochs_saved);
}

int report_interruption(int signal, const Trainer& trainer, const RunFolder& folder) {
  const TrainingState& state = trainer.state();
  fmt::print(stderr, "noisegate: stopped by {} after step {} of epoch {}; {}\n", signal_name(signal),
             state.steps_done, state.epochs_done + 1, what_is_kept(folder, state.epochs_done));
  return exit_code_of_signal(signal);
}

void conclude(const EpochMetrics& last, const TrainOptions& options, const Progress& progress) {
  constexpr double mebibyte = 1 << 20;
  fmt::print("done in {}: test accuracy {:.2f}%, at most {:.0f} MiB in tensors; the model is in {}\n",
             duration_text(progress.elapsed()), 100 * last.test.accuracy(),
             static_cast<double>(last.peak_memory) / mebibyte, options.out);
}

/// Trains all epochs; returns the exit code.
int train(Trainer& trainer, const TrainOptions& options, const RunFolder& folder) {
  const InterruptGuard interrupt;
  Progress progress(options.epochs, output_is_terminal());
  PredictionAverage predictions;
  int epochs_saved = 0;
  try {
    while (trainer.state().epochs_done < options.epochs) {
      const auto metrics = trainer.run_epoch([&](const StepReport& report) {
        progress.after_step(report);
        return interrupt.signal() == 0;
      });
      if (!metrics) {
        progress.clear();
        return report_interruption(interrupt.signal(), trainer, folder);
      }
      save_models(folder, trainer, options);
      if (options.predictions) {
        predictions.add(trainer.state().model(), trainer.dataset());
        predictions.save(folder.predictions());
      }
      epochs_saved = metrics->epoch;
      append_margins(folder.margins(), metrics->epoch, metrics->curriculum);
      folder.append_metrics(to_json(*metrics));
      progress.after_epoch(*metrics);
      if (metrics->left_out.images > 0) fmt::print(stderr, "noisegate: {}\n", to_string(metrics->left_out));
      if (metrics->epoch == options.epochs) conclude(*metrics, options, progress);
    }
  } catch (const Error& error) {
    progress.clear();
    throw Error(error.cause(), fmt::format("{}; {}", error.what(), what_is_kept(folder, epochs_saved)));
  }
  return 0;
}

}  // namespace

int train_command(const Arguments& arguments) {
  const std::optional<TrainOptions> options = read_train_options(arguments);
  if (!options) return 0;
  const RunFolder folder(options->out);
  folder.require_free(options->overwrite);
  Trainer trainer(*options, prepare_data(*options));
  folder.begin(config_text(*options));
  announce(*options, trainer);
  return train(trainer, *options, folder);
}

}  // namespace noisegate
