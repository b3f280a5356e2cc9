// What stb_image does not look at in a PNG file.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace noisegate {

/// Throws Error naming the PNG file `name` where one of its chunks has another checksum (CRC) than it should,
/// or where it ends before its last one. Bytes that are no PNG file are none of its concern.
void require_sound_png_chunks(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
