// The options of a command as one table, the source of the command line, the TOML file and the help page.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace noisegate {

/// Where an option of a training run may be given and kept, besides the command line.
struct OptionPolicy {
  bool decides = true;      // the run's results: runs that differ in it are different runs
  bool is_kept = true;      // in config.toml
  bool is_in_files = true;  // allowed in --config's file and in a sweep's
  bool may_change = false;  // when a run is resumed
};

struct Option {
  std::string name;         // "batch-size": --batch-size on the command line, batch-size in a TOML file
  std::string placeholder;  // "N", the name of the value in the help; empty for a flag
  std::string help;
  std::variant<std::string*, int*, std::int64_t*, double*, bool*> value;  // the destination
  OptionPolicy policy = {};

  bool is_flag() const { return std::holds_alternative<bool*>(value); }
};

/// Returns the option of this name, or null.
const Option* find_option(const std::vector<Option>& options, const std::string& name);

/// Sets the option's value from text. Throws Error for text that is not of the option's type; `where` names
/// the place: "--epochs", "epochs in run.toml".
void assign(const Option& option, const std::string& text, const std::string& where);

/// The end of the seeds that users may give: there are 2^48 of them. A run takes larger ones for draws that
/// must differ from all other runs'.
constexpr std::int64_t seed_end = std::int64_t{1} << 48;

/// Throws Error if --seed is not in [0, seed_end).
void require_seed(std::int64_t seed);

/// Returns the option's present value as text that assign() takes; strings without quotes.
std::string value_text(const Option& option);

/// Returns the one of `known` that `word` is most likely a misspelling of, or "".
std::string nearest(const std::string& word, const std::vector<std::string>& known);

/// Returns " did you mean X?" if there is a similar word, then all known words: the tail of a message about
/// an unknown word.
std::string known_words(const std::string& word, const std::vector<std::string>& known);

}  // namespace noisegate
