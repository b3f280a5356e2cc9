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

/// Returns the given options by name, and the word under "". For --help it prints the help page and returns
/// nothing. Throws Error for an unknown option (listing the known ones), a missing value and a stray word;
/// does not check values. Several words go to `words` instead.
using Given = std::map<std::string, std::string>;
std::optional<Given> parse(const CommandLine& command_line, const std::vector<std::string>& arguments);

/// Assigns the given values to the options.
void assign_given(const CommandLine& command_line, const Given& given);

/// Returns the help page, at most 100 columns wide; short options are printed two to a line, so that it fits
/// one screen.
std::string help_page(const CommandLine& command_line);

}  // namespace noisegate
