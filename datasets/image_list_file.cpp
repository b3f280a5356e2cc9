#include "datasets/image_list_file.h"

#include "engine/error.h"
#include "engine/text.h"

#include <charconv>
#include <system_error>

namespace noisegate {
namespace {

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

struct Line {
  std::string_view text;
  int number;
};

/// The lines that say something, without blanks around them.
std::vector<Line> lines_of(std::string_view text, const std::string& name) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.find('\0') != std::string_view::npos) reject("{}: line {} has a zero byte", name, number);
    lines.push_back({line, number});
  }
  return lines;
}

std::int32_t whole_number(std::string_view word, const Line& line, const std::string& name) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < 0)
    reject("{}: line {} ends in '{}', which is no label: labels are whole numbers from 0", name, line.number,
           shown(word));
  return value;
}

struct Pair {
  std::string_view first;
  std::int32_t number;
};

/// Splits a line at its last blank.
Pair split_line(const Line& line, const std::string& name) {
  const auto blank = line.text.find_last_of(blanks);
  if (blank == std::string_view::npos)
    reject("{}: line {} is '{}', which lacks a second word", name, line.number, shown(line.text));
  return {trimmed(line.text.substr(0, blank)), whole_number(line.text.substr(blank + 1), line, name)};
}

}  // namespace

std::vector<ListEntry> parse_list(std::string_view text, const std::string& name) {
  std::vector<ListEntry> entries;
  for (const Line& line : lines_of(text, name)) {
    const Pair pair = split_line(line, name);
    entries.push_back({std::string(pair.first), pair.number, line.number});
  }
  if (entries.empty()) reject("{} names no image", name);
  return entries;
}

std::map<std::int32_t, std::int32_t> parse_label_map(std::string_view text, const std::string& name) {
  std::map<std::int32_t, std::int32_t> map;
  for (const Line& line : lines_of(text, name)) {
    const Pair pair = split_line(line, name);
    const std::int32_t label = whole_number(pair.first, line, name);
    if (!map.emplace(label, pair.number).second)
      reject("{}: line {} maps the label {} a second time", name, line.number, label);
  }
  if (map.empty()) reject("{} maps no label", name);
  return map;
}

std::vector<std::string> parse_class_names(std::string_view text, const std::string& name) {
  std::vector<std::string> names;
  for (const Line& line : lines_of(text, name)) {
    require_utf8(line.text, fmt::format("{}: line {}", name, line.number));
    names.emplace_back(line.text);
  }
  if (names.empty()) reject("{} names no class", name);
  return names;
}

}  // namespace noisegate
