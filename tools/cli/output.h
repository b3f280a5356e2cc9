// What a command says: results on the standard output, everything else on the standard error. Nothing here
// throws: a pipe whose reader has gone, or a full disk, must not cost what a command is there to make.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace noisegate {

/// Opens descriptors 0 to 2 where the caller has closed them, so that no file of ours comes to stand where
/// output goes; writing there fails as it did. A reader that has gone is then an error and no signal. Once,
/// before anything is opened.
void prepare_output();

/// From here on a standard output that cannot be written to is told of once, on the standard error, and then
/// left alone: what the command makes is elsewhere.
void outlive_output();

/// Writes to the standard output; nothing more after the first failure.
void put_output(std::string_view text);
void flush_output();

/// What errno was when writing to the standard output first failed; 0 where it did not, or is outlived.
int output_error();

/// fmt::print for the standard output.
template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  put_output(fmt::format(text, std::forward<Args>(args)...));
}

/// "noisegate: SENTENCE" as a line on the standard error, behind what was said before.
void complain(std::string_view sentence);

template <class... Args>
void warn(fmt::format_string<Args...> sentence, Args&&... args) {
  complain(fmt::format(sentence, std::forward<Args>(args)...));
}

}  // namespace noisegate
