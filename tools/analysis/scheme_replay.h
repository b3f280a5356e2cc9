// Replays a scheme over recorded steps and shows its effect on them.
#pragma once

#include <cstdint>
#include <string>

namespace noisegate {

struct ReplayOptions {
  std::string scheme, loss;        // specs
  std::string logits, labels, lr;  // .npy files: (T,B,K), (T,B), (T)
  std::string json;                // the file for {"steps": [{"loss", …}, …]}; empty: none
  std::int64_t seed = 1;
};

/// Calls the scheme with one step after another and prints a line for each: its loss, and the values that the
/// scheme reports. Throws Error naming the file that does not fit.
void replay_scheme(const ReplayOptions& options);

}  // namespace noisegate
