#include "tools/runs/trained_run.h"

#include "engine/device.h"
#include "engine/error.h"
#include "layers/model_file.h"
#include "tools/train/data.h"

namespace noisegate {

TrainedRun open_run(const std::string& folder, const RunView& view, const std::string& what) {
  TrainedRun run{RunFolder(folder), {}};
  if (!std::filesystem::exists(run.folder.config()))
    reject("{} has no run in it: there is no config.toml", what);
  if (run.folder.is_beginning() || !std::filesystem::exists(run.folder.model()))
    reject("{} has no model yet: no epoch was finished", what);
  read_run_config(run.folder, run.options);
  if (!view.data.empty()) run.options.data = view.data;
  const Device device = parse_device(view.device);
  run.options.device = to_string(device);
  // The CPU has neither cuDNN nor other formats than float32: it comes as near as it can.
  if (device == Device::cpu && run.options.conv == "cudnn") run.options.conv = "auto";
  if (device == Device::cpu) run.options.precision = "fp32";
  DeviceOptions on = run.options;
  on.threads = view.threads;
  on.apply();
  return run;
}

std::unique_ptr<Module> load_run_model(const TrainedRun& run, const std::filesystem::path& file,
                                       const Dataset& dataset) {
  auto model = new_model(run.options, dataset);
  load_model(*model, file);
  return model;
}

}  // namespace noisegate
