// JPEG and PNG files.
#pragma once

#include "datasets/image.h"

#include <cstddef>
#include <span>
#include <string>

namespace noisegate {

/// Decodes the contents of the file `name` to red, green and blue, whatever colours it has. Throws Error
/// naming the file where it is no JPEG or PNG, is damaged or cut short, or has more than 64 million pixels; a
/// file that would unpack to much more than its pixels take is refused as damaged.
Image decode_image(std::span<const std::byte> bytes, const std::string& name);

}  // namespace noisegate
