// Zip archives as torch.save writes them: every file stored, none compressed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct ZipEntry {
  std::string name;                     // with its folders: "archive/data.pkl"
  std::span<const std::byte> contents;  // part of the archive's bytes
};

/// Lists the files of an archive. It unpacks nothing, so they are never larger than the archive itself.
/// Throws Error, calling the archive `name`, for bytes that are no zip archive, for a file that is
/// compressed, encrypted, outside the archive, of the wrong checksum or duplicated, and for headers that
/// disagree.
std::vector<ZipEntry> parse_zip(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
