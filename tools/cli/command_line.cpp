#include "tools/cli/command_line.h"

#include "engine/error.h"
#include "engine/text.h"
#include "tools/cli/output.h"

#include <algorithm>

#include <fmt/format.h>

namespace noisegate {
namespace {

constexpr std::size_t line_width = 100, cell_width = line_width / 2;

std::vector<std::string> dashed_names(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back("--" + option.name);
  return names;
}

bool asks_for_help(const std::string& argument) {
  return argument == "--help" || argument == "-h";
}

bool is_word(const std::string& argument) {
  return argument.size() < 2 || argument[0] != '-';
}

void take_word(const CommandLine& command_line, const std::string& word, Given& given) {
  if (command_line.words)
    command_line.words->push_back(word);
  else if (command_line.word.empty() || !given.emplace("", word).second)
    reject("{} does not know what to do with the word '{}'", command_line.command, word);
}

const Option& option_of(const CommandLine& command_line, const std::string& flag) {
  const Option* option = flag.starts_with("--") ? find_option(command_line.options, flag.substr(2)) : nullptr;
  if (option) return *option;
  const std::vector<std::string> known = dashed_names(command_line.options);
  reject("{} has no option {}: {}", command_line.command, shown(flag), known_words(flag, known));
}

/// "--epochs N  passes over the training set [20]"
std::string help_cell(const std::string& flag, const std::string& help, std::size_t flag_width) {
  return fmt::format("  {:<{}}  {}", flag, flag_width, help);
}

std::string help_with_default(const Option& option) {
  const std::string value = value_text(option);
  return option.is_flag() || value.empty() ? option.help : fmt::format("{} [{}]", option.help, value);
}

std::vector<std::string> help_cells(const CommandLine& command_line) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : command_line.options) {
    const std::string value = option.is_flag() ? "" : " " + option.placeholder;
    rows.emplace_back("--" + option.name + value, help_with_default(option));
  }
  rows.emplace_back("--help", "this page");

  std::size_t flag_width = 0;
  for (const auto& [flag, help] : rows) flag_width = std::max(flag_width, flag.size());
  std::vector<std::string> cells;
  for (const auto& [flag, help] : rows) cells.push_back(help_cell(flag, help, flag_width));
  return cells;
}

}  // namespace

std::optional<Given> parse(const CommandLine& command_line, const std::vector<std::string>& arguments) {
  if (std::ranges::any_of(arguments, asks_for_help)) {
    put_output(help_page(command_line));
    return std::nullopt;
  }
  Given given;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (is_word(*argument)) {
      take_word(command_line, *argument, given);
      continue;
    }
    const std::size_t equals = argument->find('=');
    const std::string flag = argument->substr(0, equals);
    const Option& option = option_of(command_line, flag);
    std::string value = option.is_flag() ? "true" : "";
    if (equals != std::string::npos)
      value = argument->substr(equals + 1);
    else if (!option.is_flag() && argument + 1 != arguments.end())
      value = *++argument;
    // A shell gives an empty value where a variable is not set.
    if (value.empty() || value.starts_with("--")) reject("{} needs a value", flag);
    if (!given.emplace(option.name, value).second) reject("{} is given more than once", flag);
  }
  return given;
}

void assign_given(const CommandLine& command_line, const Given& given) {
  for (const auto& [name, text] : given) {
    if (const Option* option = find_option(command_line.options, name)) assign(*option, text, "--" + name);
  }
}

std::string help_page(const CommandLine& command_line) {
  const std::string word = command_line.word.empty() ? "" : " " + command_line.word;
  std::string page =
      fmt::format("noisegate {}{} [options]: {}\n", command_line.command, word, command_line.summary);
  const std::vector<std::string> cells = help_cells(command_line);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool two =
        i + 1 < cells.size() && cells[i].size() < cell_width && cells[i + 1].size() <= cell_width;
    page += two ? fmt::format("{:<{}}{}\n", cells[i], cell_width, cells[i + 1]) : cells[i] + "\n";
    if (two) ++i;
  }
  return page;
}

}  // namespace noisegate
