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
  /// Reads a file that torch.save (since PyTorch 1.6) or numpy.save made from a dictionary. Throws Error
  /// naming the file for anything else. Runs no code of the file.
  static LabelArchive load(const std::filesystem::path& path);

  /// Reads the archive from the file's bytes; messages call the file `name`.
  LabelArchive(std::vector<std::byte> bytes, std::string name);
  LabelArchive(LabelArchive&&) = default;

  const std::string& name() const { return name_; }
  /// Returns the keys that are printable text.
  std::vector<std::string> keys() const;

  /// Returns the integers under this key: a NumPy array, a PyTorch tensor or a list, of one axis. Throws
  /// Error naming the key if it is missing or has another kind of value.
  std::vector<std::int64_t> integers(std::string_view key) const;

 private:
  std::vector<std::byte> bytes_;  // referenced by the values; moves with them
  std::string name_;
  std::vector<ZipEntry> files_;  // none if NumPy wrote the file
  std::string folder_;           // the archive's folder: "archive/"
  Pickle pickle_;
  PickleRef dictionary_;
};

}  // namespace noisegate
