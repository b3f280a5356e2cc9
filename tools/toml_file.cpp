#include "tools/toml_file.h"

#include "engine/error.h"
#include "engine/files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

std::vector<std::string> names(const std::vector<Option>& options) {
  std::vector<std::string> all;
  for (const Option& option : options) all.push_back(option.name);
  return all;
}

[[noreturn]] void reject_toml(const std::string& name, const toml::parse_error& error) {
  reject("{} is not valid TOML: line {}: {}", name, error.source().begin.line,
         shown(error.description(), 200));
}

}  // namespace

toml::table parse_toml_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) reject("there is no configuration file {}", file.string());
  try {
    return toml::parse(read_text_file(file, longest_config), file.string());
  } catch (const toml::parse_error& error) {
    reject_toml(file.string(), error);
  }
}

toml::table parse_toml(const std::string& text, const std::string& name) {
  try {
    return toml::parse(text);
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
