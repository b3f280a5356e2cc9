// Where and how a command computes: options that many commands have, with what they do.
#pragma once

#include "engine/device.h"
#include "tools/cli/options.h"

#include <string>

namespace noisegate {

struct DeviceOptions {
  std::string device = "auto";
  std::string precision = "fp32";
  std::string conv = "auto";
  bool no_graph = false;
  int threads = 0;

  /// The row of device, precision, conv, no-graph or threads for a command's table, which must not outlive
  /// these options.
  Option row(const std::string& name);

  /// Makes the device, the CPU's threads and the way of convolving those of this program; returns the device.
  /// Throws Error naming the option for a word that there is not and for what this machine does not have.
  Device apply() const;
};

}  // namespace noisegate
