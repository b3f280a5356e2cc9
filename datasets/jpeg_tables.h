// Checks a JPEG file before stb_image reads it: version 2.27, Debian 12's, writes past its Huffman tables if
// a file gives one more than the 256 codes that a table can have.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace noisegate {

/// Throws Error naming the file if a Huffman table has too many codes. Accepts files that are no JPEG.
void require_sound_huffman_tables(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
