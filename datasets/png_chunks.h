// The checks of a PNG file that stb_image omits.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace noisegate {

/// Throws Error naming the PNG file `name` if one of its chunks has a wrong checksum (CRC), or if the file
/// ends before its last chunk. Accepts bytes that are no PNG file.
void require_sound_png_chunks(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
