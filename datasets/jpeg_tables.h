// What must hold of a JPEG file before stb_image may see it: version 2.27, Debian 12's, writes past its
// Huffman tables where a file gives one more than the 256 codes that a table can have.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace noisegate {

/// Throws Error naming the file where a Huffman table has too many codes. Files that are no JPEG pass.
void require_sound_huffman_tables(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
