// A run that has left a model: what commands that look back at runs start from.
#pragma once

#include "datasets/dataset.h"
#include "layers/module.h"
#include "tools/run_folder.h"
#include "tools/train_options.h"

#include <memory>
#include <string>

namespace noisegate {

struct TrainedRun {
  RunFolder folder;
  TrainOptions options;  // of its config.toml
};

/// Reads the run's options and makes its threads and convolutions those of this program. `data`, where it is
/// not empty, is where the dataset's files are now; `what` names the run in messages: "--run runs/a". Throws
/// Error where the folder has no run or no model.
TrainedRun open_run(const std::string& folder, const std::string& data, int threads, const std::string& what);

/// The run's model, for this dataset, with the weights of one of its files.
std::unique_ptr<Module> load_run_model(const TrainedRun& run, const std::filesystem::path& file,
                                       const Dataset& dataset);

}  // namespace noisegate
