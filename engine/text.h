// Text that comes from outside: from files, names of files, the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace noisegate {

/// Whether the bytes are well-formed UTF-8.
bool is_utf8(std::string_view text);

/// Throws Error for text that is not; `what` names it: "line 3 of classes.txt".
void require_utf8(std::string_view text, const std::string& what);

/// The text as a terminal can take it: each byte of a control character, of a mark that turns the direction
/// of writing and of what is no UTF-8 as \x1b. What goes beyond `most` columns is cut off.
std::string printable(std::string_view text, std::size_t most = std::string_view::npos);

/// The same for a message, with three dots where the text was cut: no more of it than a person wants to see.
std::string shown(std::string_view text, std::size_t most = 60);

/// The text without what XML 1.0 cannot hold, control characters and bytes that are no UTF-8, in whose place
/// U+FFFD stands.
std::string without_controls(std::string_view text);

}  // namespace noisegate
