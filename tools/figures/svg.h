// Functions that the SVG files share.
#pragma once

#include <string>

namespace noisegate {

/// Escapes XML's own characters in a text, and replaces what XML cannot hold by U+FFFD.
std::string escape_xml(const std::string& text);

}  // namespace noisegate
