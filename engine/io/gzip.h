// Unpacks gzip files from memory up to a given size: a small file can claim to hold terabytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// Whether the bytes begin like a gzip file.
bool is_gzip(std::span<const std::byte> bytes);

/// Unpacks the gzip file `name`, but no more than its first `most` bytes. Memory grows with the bytes that
/// are really unpacked. Throws Error naming the file if it is damaged or ends early, before those bytes.
std::vector<std::uint8_t> gunzip(std::span<const std::byte> bytes, const std::string& name, std::size_t most);

}  // namespace noisegate
