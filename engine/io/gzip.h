// Unpacks gzip files from memory, never further than asked for: a small file can claim to hold terabytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// Whether the bytes begin as a gzip file's do.
bool is_gzip(std::span<const std::byte> bytes);

/// What the gzip file `name` unpacks to, but no more than its first `most` bytes. Memory grows with what is
/// really unpacked. Throws Error naming the file where it is damaged or ends early, before those bytes.
std::vector<std::uint8_t> gunzip(std::span<const std::byte> bytes, const std::string& name, std::size_t most);

}  // namespace noisegate
