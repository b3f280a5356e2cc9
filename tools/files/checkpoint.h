// The checkpoints of a run, from which --resume continues. The last two are kept, each with a checksum, so
// that at every moment one is complete, whatever happens to the process or the disk.
#pragma once

#include "engine/io/state.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace noisegate {

class Checkpoints {
 public:
  /// `folder` need not exist yet.
  explicit Checkpoints(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Makes the state the last checkpoint. Throws Error naming the file that cannot be written; the last
  /// checkpoint is then unchanged.
  void save(const State& state) const;

  struct Loaded {
    State state;
    std::string note;  // names a newer checkpoint that is skipped, and why; empty if there is none
  };
  /// Returns why a complete checkpoint is unsuitable, as a clause that may follow its name and a colon; empty
  /// if it is suitable.
  using Objection = std::function<std::string(const State&)>;
  /// Returns the newest complete checkpoint without an objection and makes it the last one; nothing if there
  /// are no checkpoints. Throws Error naming them if none is suitable.
  std::optional<Loaded> load(const Objection& objection) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace noisegate
