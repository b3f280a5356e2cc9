#include "tools/trained_run.h"

#include "engine/device.h"
#include "engine/error.h"
#include "layers/model_file.h"
#include "tools/training_data.h"

namespace noisegate {

TrainedRun open_run(const std::string& folder, const std::string& data, int threads,
                    const std::string& what) {
  TrainedRun run{RunFolder(folder), {}};
  if (!std::filesystem::exists(run.folder.config()))
    reject("{} has no run in it: there is no config.toml", what);
  if (!std::filesystem::exists(run.folder.model()))
    reject("{} has no model yet: no epoch was finished", what);
  read_config(run.folder.config(), run.options);
  if (!data.empty()) run.options.data = data;
  set_thread_count(threads);
  set_convolution_algorithm(parse_convolution_algorithm(run.options.conv));
  return run;
}

std::unique_ptr<Module> load_run_model(const TrainedRun& run, const std::filesystem::path& file,
                                       const Dataset& dataset) {
  auto model = new_model(run.options, dataset);
  load_model(*model, file);
  return model;
}

}  // namespace noisegate
