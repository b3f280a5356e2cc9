// A finished run with its model, for commands that analyse runs.
#pragma once

#include "datasets/dataset.h"
#include "layers/module.h"
#include "tools/cli/device_options.h"
#include "tools/config/train_options.h"
#include "tools/files/run_folder.h"

#include <memory>
#include <string>

namespace noisegate {

struct TrainedRun {
  RunFolder folder;
  TrainOptions options;  // from its config.toml
};

/// How a run is looked at, whatever it was trained on: its device and threads.
struct RunView : DeviceOptions {
  std::string data;  // where the dataset's files are now; empty: where they were
};

/// Reads the run's options and sets this program's convolutions and, on the GPU, its precision to the run's.
/// `what` names the run in messages: "--run runs/a". Throws Error if the folder has no run or no model, and
/// for a device that does not exist.
TrainedRun open_run(const std::string& folder, const RunView& view, const std::string& what);

/// Returns the run's model, for this dataset, with the weights of one of its files.
std::unique_ptr<Module> load_run_model(const TrainedRun& run, const std::filesystem::path& file,
                                       const Dataset& dataset);

}  // namespace noisegate
