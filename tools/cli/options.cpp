#include "tools/cli/options.h"

#include "engine/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>

#include <fmt/format.h>

namespace noisegate {
namespace {

template <class Number>
bool parse_number(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

struct Assign {
  const std::string& text;
  const std::string& where;

  void operator()(std::string* value) const { *value = text; }
  void operator()(int* value) const { whole_number(*value); }
  void operator()(std::int64_t* value) const { whole_number(*value); }
  void operator()(double* value) const {
    if (!parse_number(text, *value) || !std::isfinite(*value))
      reject("{} takes a number, not '{}'", where, shown(text));
  }
  void operator()(bool* value) const {
    if (text != "true" && text != "false") reject("{} takes true or false, not '{}'", where, shown(text));
    *value = text == "true";
  }

  template <class Integer>
  void whole_number(Integer& value) const {
    if (!parse_number(text, value)) reject("{} takes a whole number, not '{}'", where, shown(text));
  }
};

/// Levenshtein's distance: the fewest letters to insert, delete or replace that turn one word into the other.
std::size_t edit_distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

const Option* find_option(const std::vector<Option>& options, const std::string& name) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

void assign(const Option& option, const std::string& text, const std::string& where) {
  std::visit(Assign{text, where}, option.value);
}

void require_seed(std::int64_t seed) {
  if (seed < 0 || seed >= seed_end) reject("--seed must lie in [0, 2^48 = {}), not be {}", seed_end, seed);
}

std::string value_text(const Option& option) {
  return std::visit([](const auto* value) { return fmt::format("{}", *value); }, option.value);
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  const auto distance = [&](const std::string& other) { return edit_distance(word, other); };
  const auto best = std::min_element(known.begin(), known.end(),
                                     [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  // Beyond a third of the letters a "did you mean" is a guess that misleads.
  return best != known.end() && distance(*best) <= (word.size() + 1) / 3 ? *best : "";
}

std::string known_words(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return fmt::format("{}known are {}", near.empty() ? "" : fmt::format("did you mean {}? ", near),
                     fmt::join(known, ", "));
}

}  // namespace noisegate
