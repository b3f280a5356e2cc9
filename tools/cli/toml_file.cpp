#include "tools/cli/toml_file.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

std::vector<std::string> names(const std::vector<Option>& options) {
  std::vector<std::string> all;
  for (const Option& option : options) all.push_back(option.name);
  return all;
}

/// The end of the string that begins here, or of the line where it does not end on it.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const std::string mark(text.substr(begin).starts_with(std::string(3, quote)) ? 3 : 1, quote);
  std::size_t end = begin + mark.size();
  while (end < text.size() && !text.substr(end).starts_with(mark)) {
    if (mark.size() == 1 && text[end] == '\n') return end;
    end += quote == '"' && text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + mark.size(), text.size());
}

/// Only strings and comments may hold more than ASCII. toml++ 3.3 would say so too, but for some letters it
/// first reaches what it has told the compiler is never reached.
void require_ascii_syntax(std::string_view text, const std::string& name) {
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"' || text[i] == '\'') {
      i = end_of_string(text, i);
    } else if (static_cast<unsigned char>(text[i]) >= 0x80) {
      reject("{} is not valid TOML: line {}: a letter beyond ASCII stands outside of quotes", name,
             std::ranges::count(text.substr(0, i), '\n') + 1);
    } else {
      ++i;
    }
  }
}

toml::table parse(const std::string& text, const std::string& name) {
  require_ascii_syntax(text, name);
  return toml::parse(text, name);
}

[[noreturn]] void reject_toml(const std::string& name, const toml::parse_error& error) {
  reject("{} is not valid TOML: line {}: {}", name, error.source().begin.line,
         shown(error.description(), 200));
}

}  // namespace

toml::table parse_toml_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) reject("there is no configuration file {}", file.string());
  try {
    return parse(read_text_file(file, longest_config), file.string());
  } catch (const toml::parse_error& error) {
    reject_toml(file.string(), error);
  }
}

toml::table parse_toml(const std::string& text, const std::string& name) {
  try {
    return parse(text, name);
  } catch (const toml::parse_error& error) {
    reject_toml(name, error);
  }
}

// JSON's strings are TOML's basic strings but for DEL, which TOML does not take as it is.
std::string toml_string(const std::string& text) {
  std::string result;
  for (const char c : nlohmann::json(text).dump()) {
    if (c == '\x7f')
      result += "\\u007F";
    else
      result += c;
  }
  return result;
}

std::string text_of(const toml::node& value, const std::string& where) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
  reject("{} must be a string, a number, true or false", where);
}

void assign_table(const toml::table& table, const std::string& file, const std::vector<Option>& options) {
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    const Option* option = find_option(options, name);
    if (!option)
      reject("{} has the unknown key '{}': {}", file, shown(name), known_words(name, names(options)));
    const std::string where = fmt::format("'{}' in {}", name, file);
    assign(*option, text_of(value, where), where);
  }
}

}  // namespace noisegate
