#include "engine/registry.h"

#include "engine/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

using Kind = Parameter::Kind;

/// The whole text as a finite number.
std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string word_of(const Spec& spec, const Parameter& parameter) {
  if (!spec.has(parameter.key)) return parameter.word;
  const std::string word = spec.word(parameter.key, "");
  if (!parameter.words.empty() && std::ranges::count(parameter.words, word) == 0)
    reject("{}: {} must be one of {}, not '{}'", spec.where(), parameter.key,
           fmt::join(parameter.words, ", "), shown(word));
  return word;
}

}  // namespace

bool Range::contains(double value) const {
  return (with_low ? value >= low : value > low) && (with_high ? value <= high : value < high);
}

std::string Range::text() const {
  return fmt::format("{}{}, {}{}", with_low ? '[' : '(', low, high, with_high ? ']' : ')');
}

std::string Parameter::text() const {
  std::string text = key + "=";
  if (is_text()) {
    text += !words.empty() ? fmt::format("{}", fmt::join(words, "|")) : word.empty() ? upper(unit) : word;
  } else {
    text += fmt::format("{:.6g}", number);
    if (!unit.empty()) text += " " + unit;
    if (kind != Kind::flag) text += " in " + range.text();
  }
  return help.empty() ? text : text + ": " + help;
}

namespace parameter {

Parameter number(std::string key, double fallback, Range range, std::string help, std::string unit) {
  return {.key = std::move(key),
          .number = fallback,
          .range = range,
          .help = std::move(help),
          .unit = std::move(unit)};
}

Parameter integer(std::string key, int fallback, Range range, std::string help, std::string unit) {
  Parameter made = number(std::move(key), fallback, range, std::move(help), std::move(unit));
  made.kind = Kind::integer;
  return made;
}

Parameter flag(std::string key, bool fallback, std::string help) {
  Parameter made = number(std::move(key), fallback ? 1 : 0, {0, 1}, std::move(help));
  made.kind = Kind::flag;
  return made;
}

Parameter word(std::string key, std::string fallback, std::string help, std::string unit) {
  return {.key = std::move(key),
          .kind = Kind::word,
          .word = std::move(fallback),
          .help = std::move(help),
          .unit = std::move(unit)};
}

Parameter one_of(std::string key, std::vector<std::string> words, std::string help) {
  Parameter made = word(std::move(key), words.front(), std::move(help));
  made.words = std::move(words);
  return made;
}

Parameter path(std::string key, std::string help) {
  Parameter made = word(std::move(key), "", std::move(help), "path");
  made.kind = Kind::path;
  return made;
}

}  // namespace parameter

double number_of(const Spec& spec, const Parameter& parameter) {
  if (!spec.has(parameter.key)) return parameter.number;
  const std::string text = spec.word(parameter.key, "");
  const std::optional<double> value = parse_number(text);
  if (parameter.kind == Kind::number) {
    if (!value) reject("{}: {} must be a finite number, not '{}'", spec.where(), parameter.key, shown(text));
    if (!parameter.range.contains(*value))
      reject("{}: {} must lie in {}, not be {}", spec.where(), parameter.key, parameter.range.text(),
             shown(text));
  } else if (!value || *value != std::round(*value) || !parameter.range.contains(*value)) {
    reject("{}: {} must be a whole number in {}, not '{}'", spec.where(), parameter.key,
           parameter.range.text(), shown(text));
  }
  return *value;
}

Values::Values(Spec spec, const std::vector<Parameter>& parameters) : spec_(std::move(spec)) {
  std::vector<std::string> keys;
  for (const Parameter& parameter : parameters) keys.push_back(parameter.key);
  spec_.expect(keys);
  for (const Parameter& parameter : parameters) {
    const bool is_text = parameter.is_text();
    values_[parameter.key] = {parameter.kind, is_text ? 0 : number_of(spec_, parameter),
                              is_text ? word_of(spec_, parameter) : ""};
  }
}

const Values::Value& Values::find(const std::string& key, std::initializer_list<Kind> kinds) const {
  const auto found = values_.find(key);
  if (found == values_.end() || std::ranges::find(kinds, found->second.kind) == kinds.end())
    fail("{} has no parameter {} of the kind that its maker asks for", spec_.name(), key);
  return found->second;
}

double Values::number(const std::string& key) const {
  return find(key, {Kind::number}).number;
}

int Values::integer(const std::string& key) const {
  return static_cast<int>(find(key, {Kind::integer}).number);
}

bool Values::flag(const std::string& key) const {
  return find(key, {Kind::flag}).number != 0;
}

const std::string& Values::word(const std::string& key) const {
  return find(key, {Kind::word, Kind::path}).word;
}

}  // namespace noisegate
