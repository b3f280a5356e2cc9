// Makes the paths in --noise and --loss absolute, so that a run's config.toml means the same files from every
// folder.
#pragma once

#include <string>

namespace noisegate {

/// "human:worst,file=labels.pt" → "human:worst,file=/home/me/labels.pt". A path that would have a comma in
/// it, which a SPEC cannot hold, stays as it is. Throws Error as Spec does.
std::string noise_with_absolute_paths(const std::string& noise);
/// The same for a transition matrix of a loss: "forward:T=matrix.csv".
std::string loss_with_absolute_paths(const std::string& loss);

}  // namespace noisegate
