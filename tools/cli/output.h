// The output of a command: results on the standard output, everything else on the standard error. Nothing
// here throws: a pipe without a reader, or a full disk, must not cost the command's results.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace noisegate {

/// Opens descriptors 0 to 2 if the caller has closed them, so that no file of ours gets one of these numbers;
/// writing to them fails as it did. Makes a closed pipe an error instead of a signal. Call it once, before
/// anything is opened.
void prepare_output();

/// From here on, the first failure of the standard output is reported once, on the standard error, and then
/// ignored: the command's results go elsewhere.
void outlive_output();

/// Writes to the standard output; nothing more after the first failure.
void put_output(std::string_view text);
void flush_output();

/// Returns errno of the first failed write to the standard output; 0 if none failed, or if failures are
/// ignored.
int output_error();

/// fmt::print for the standard output.
template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  put_output(fmt::format(text, std::forward<Args>(args)...));
}

/// Prints "noisegate: SENTENCE" as a line on the standard error, after earlier output.
void complain(std::string_view sentence);

template <class... Args>
void warn(fmt::format_string<Args...> sentence, Args&&... args) {
  complain(fmt::format(sentence, std::forward<Args>(args)...));
}

}  // namespace noisegate
