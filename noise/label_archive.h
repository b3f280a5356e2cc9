// The files in which CIFAR-N (Wei et al., "Learning with noisy labels revisited", ICLR 2022) and others
// publish human labels: a dictionary of arrays, saved by PyTorch (.pt) or NumPy (.npy).
#pragma once

#include "engine/io/pickle.h"
#include "engine/io/zip_archive.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace noisegate {

class LabelArchive {
 public:
  /// Reads what torch.save (since PyTorch 1.6) or numpy.save made of a dictionary. Throws Error naming the
  /// file for anything else. No code in the file is run.
  static LabelArchive load(const std::filesystem::path& path);

  /// The same from the file's bytes, for which `name` stands in messages.
  LabelArchive(std::vector<std::byte> bytes, std::string name);
  LabelArchive(LabelArchive&&) = default;

  const std::string& name() const { return name_; }
  /// Those that are printable text.
  std::vector<std::string> keys() const;

  /// The integers under this key: a NumPy array, a PyTorch tensor or a list, of one axis. Throws Error naming
  /// the key where there is none, or nothing of that kind.
  std::vector<std::int64_t> integers(std::string_view key) const;

 private:
  std::vector<std::byte> bytes_;  // what the values point into; moves with them
  std::string name_;
  std::vector<ZipEntry> files_;  // none where NumPy wrote it
  std::string folder_;           // of the archive: "archive/"
  Pickle pickle_;
  PickleRef dictionary_;
};

}  // namespace noisegate
