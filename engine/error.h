// The one exception type of Noisegate. Its text is one sentence that names the culprit (the file, the option,
// the shapes); the command line prints that sentence and exits with exit_code().
#pragma once

#include "engine/text.h"

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace noisegate {

class Error : public std::runtime_error {
 public:
  enum class Cause {
    input,    // wrong use or wrong input: exit code 2
    failure,  // anything else (disk full, a loss that became NaN, …): exit code 1
  };

  /// printable() makes the sentence safe for a terminal, whatever it quotes.
  Error(Cause cause, const std::string& sentence)
      : std::runtime_error(shown(sentence, longest_sentence)), cause_(cause) {}

  Cause cause() const { return cause_; }
  int exit_code() const { return cause_ == Cause::input ? 2 : 1; }

 private:
  static constexpr std::size_t longest_sentence = 4000;  // the longest path has 4096 bytes

  Cause cause_;
};

/// Throws an Error for wrong use or input, its sentence formatted by fmt.
template <class... Args>
[[noreturn]] void reject(fmt::format_string<Args...> sentence, Args&&... args) {
  throw Error(Error::Cause::input, fmt::format(sentence, std::forward<Args>(args)...));
}

/// Throws an Error for a failure that is not the user's doing, its sentence formatted by fmt.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> sentence, Args&&... args) {
  throw Error(Error::Cause::failure, fmt::format(sentence, std::forward<Args>(args)...));
}

}  // namespace noisegate
