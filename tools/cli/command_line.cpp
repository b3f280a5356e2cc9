#include "tools/cli/command_line.h"

#include "engine/error.h"
#include "engine/text.h"
#include "tools/cli/output.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace noisegate {
namespace {

constexpr std::size_t line_width = 100, cell_width = line_width / 2;

std::vector<std::string> dashed_names(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back("--" + option.name);
  return names;
}

[[noreturn]] void reject_stray(const CommandLine& command_line, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  if (!name.starts_with("-")) {
    reject("{} does not know what to do with the word '{}'", command_line.command, argument);
  }
  const std::vector<std::string> known = dashed_names(command_line.options);
  reject("{} has no option {}: {}", command_line.command, shown(name), known_words(name, known));
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

/// What CLI11 found for each option.
Given results(const std::map<std::string, CLI::Option*>& parsed) {
  Given given;
  for (const auto& [name, option] : parsed) {
    if (option->count() == 0) continue;
    if (option->count() > 1) reject("--{} is given more than once", name);
    const std::string value = option->results().back();
    // CLI11 takes the next option for it; a shell gives an empty one where a variable is not set.
    if ((value.empty() && !name.empty()) || value.starts_with("--")) reject("--{} needs a value", name);
    given[name] = value;
  }
  return given;
}

}  // namespace

std::optional<Given> parse(const CommandLine& command_line, const std::vector<std::string>& arguments) {
  CLI::App app;
  app.allow_extras();  // so that the sentence about them is ours
  std::map<std::string, CLI::Option*> parsed;
  for (const Option& option : command_line.options) {
    const std::string name = "--" + option.name;
    CLI::Option* added = option.is_flag() ? app.add_flag(name) : app.add_option(name)->type_size(1);
    parsed[option.name] = added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  if (command_line.words)
    app.add_option("words", *command_line.words);
  else if (!command_line.word.empty())
    parsed[""] = app.add_option(command_line.word)->type_size(1)->expected(1);

  try {
    app.parse(
        std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    put_output(help_page(command_line));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const std::string what = error.what();  // "--epochs: 1 required TEXT missing"
    reject("{} needs a value", what.substr(0, what.find(':')));
  }
  const Given given = results(parsed);
  if (const auto stray = app.remaining(); !stray.empty()) reject_stray(command_line, stray.front());
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
