// Checks and escapes text from outside: from files, names of files, the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace noisegate {

/// Whether the bytes are well-formed UTF-8.
bool is_utf8(std::string_view text);

/// Throws Error for text that is not well-formed UTF-8; `what` names it: "line 3 of classes.txt".
void require_utf8(std::string_view text, const std::string& what);

/// Makes text safe for a terminal: writes each byte of a control character, of a mark that turns the
/// direction of writing and of invalid UTF-8 as \x1b. Cuts the text off after `most` columns.
std::string printable(std::string_view text, std::size_t most = std::string_view::npos);

/// The same for a message, with three dots where the text was cut to the length that a person wants to see.
std::string shown(std::string_view text, std::size_t most = 60);

/// Replaces what XML 1.0 cannot hold, control characters and bytes that are no UTF-8, by U+FFFD.
std::string without_controls(std::string_view text);

}  // namespace noisegate
