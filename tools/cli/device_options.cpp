#include "tools/cli/device_options.h"

#include <vector>

namespace noisegate {

Option DeviceOptions::row(const std::string& name) {
  constexpr OptionPolicy circumstance{.decides = false},
      adjustable_circumstance{.decides = false, .may_change = true},
      adjustable_unkept{.decides = false, .is_kept = false, .may_change = true};
  const std::vector<Option> rows = {
      {"threads", "N", "of the CPU, 0: one a core", &threads, adjustable_circumstance},
      {"device", "NAME", "auto, cpu, cuda", &device, circumstance},
      {"precision", "NAME", "fp32; GPU: tf32, bf16", &precision},
      {"conv", "NAME", "auto, direct, cudnn", &conv, circumstance},
      {"no-graph", "", "GPU: kernel by kernel", &no_graph, adjustable_unkept},
  };
  return *find_option(rows, name);
}

Device DeviceOptions::apply() const {
  const Device chosen = parse_device(device);
  set_thread_count(threads);
  set_convolution_algorithm(parse_convolution_algorithm(conv));
  use_device(chosen, parse_precision(precision));
  return chosen;
}

}  // namespace noisegate
