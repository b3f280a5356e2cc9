// Zip archives as torch.save writes them: every file stored, none compressed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct ZipEntry {
  std::string name;                     // with its folders: "archive/data.pkl"
  std::span<const std::byte> contents;  // within the archive's bytes
};

/// The files of an archive. Nothing is unpacked, so they are never more than the archive itself. Throws
/// Error, `name` standing for the archive, for bytes that are no zip archive, a file that is compressed,
/// encrypted, outside the archive, of the wrong checksum or there twice, and headers that disagree.
std::vector<ZipEntry> parse_zip(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
