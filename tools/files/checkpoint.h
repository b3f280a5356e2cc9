// The checkpoints of a run: what --resume goes on from. The last one and the one before are kept, each with a
// checksum, so that there is a whole one at every moment, whatever happens to the process or the disk.
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

  /// Makes the state the last checkpoint. Throws Error naming what cannot be written; the last one is then
  /// what it was.
  void save(const State& state) const;

  struct Loaded {
    State state;
    std::string note;  // says which newer one is passed over, and why; empty if none is
  };
  /// Why a whole checkpoint will not do, as it may follow its name and a colon; empty where it will.
  using Objection = std::function<std::string(const State&)>;
  /// The newest whole one without an objection, which is the last one from then on; nothing where there is
  /// none at all. Throws Error naming them where none will do.
  std::optional<Loaded> load(const Objection& objection) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace noisegate
