// What the SVG files of noisegate share.
#pragma once

#include <string>

namespace noisegate {

/// The text with XML's own characters written out, and U+FFFD for what XML cannot hold.
std::string escape_xml(const std::string& text);

}  // namespace noisegate
