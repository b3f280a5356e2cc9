// The command line of one command: its words and options and its help page.
#pragma once

#include "tools/cli/options.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace noisegate {

struct CommandLine {
  std::string command;    // "train"
  std::string summary;    // one line
  std::string word = {};  // what its first word without dashes names, e.g. "WHAT"; empty: it takes none
  std::vector<Option> options = {};           // all but --help
  std::vector<std::string>* words = nullptr;  // where the words go, for a command that takes several
};

/// What was given, by option name, and the word under "". Nothing where --help was asked for, which this
/// prints. Throws Error for an unknown option (listing those there are), a missing value and a stray word;
/// values are not looked at. Several words go to `words` instead.
using Given = std::map<std::string, std::string>;
std::optional<Given> parse(const CommandLine& command_line, const std::vector<std::string>& arguments);

/// Assigns what was given to the options' values.
void assign_given(const CommandLine& command_line, const Given& given);

/// The help page, at most 100 columns wide; short options stand two to a line, so that it fits one screen.
std::string help_page(const CommandLine& command_line);

}  // namespace noisegate
