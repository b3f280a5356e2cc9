// The registry of the names in a SPEC: noise models, datasets, models, schedules, parts of augmentation,
// schemes, losses. Each kind is a list of entries. A spec is checked against its entry, `noisegate list`
// prints the entries, and makers get their values by key, so that each name, range and default is written
// once.
#pragma once

#include "engine/spec.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace noisegate {

/// An interval of numbers.
struct Range {
  double low, high;
  bool with_low = true, with_high = true;  // whether the interval includes its ends

  bool contains(double value) const;
  std::string text() const;  // "(0, 1]"
};

/// Returns (low, high].
constexpr Range above(double low, double high) {
  return {.low = low, .high = high, .with_low = false};
}

/// A parameter that a SPEC may give as key=value.
struct Parameter {
  enum class Kind { number, integer, flag, word, path };

  std::string key;
  Kind kind = Kind::number;
  double number = 0;                    // the default of a number, integer or flag
  std::string word = {};                // the default of a word or path; empty: none
  std::vector<std::string> words = {};  // the allowed words; empty: any
  Range range{0, 1};
  std::string help = {}, unit = {};  // "from one pruning to the next", "epochs"

  bool is_text() const { return kind == Kind::word || kind == Kind::path; }
  /// Returns "rate=0.4 in [0, 1]: the share".
  std::string text() const;
};

/// Makers of parameters of each kind, for the lists.
namespace parameter {

Parameter number(std::string key, double fallback, Range range, std::string help = "", std::string unit = "");
Parameter integer(std::string key, int fallback, Range range, std::string help = "", std::string unit = "");
Parameter flag(std::string key, bool fallback, std::string help = "");
/// Any word. If there is no default, `fallback` is empty and `unit` says what the word is: "spec".
Parameter word(std::string key, std::string fallback, std::string help = "", std::string unit = "");
/// One of these words; the first is the default.
Parameter one_of(std::string key, std::vector<std::string> words, std::string help = "");
/// A file or folder.
Parameter path(std::string key, std::string help = "");

}  // namespace parameter

/// The checked values of an entry's parameters: those that a spec gives, else the defaults.
class Values {
 public:
  /// Throws Error for an unknown key, and for a value of another kind or outside its range.
  Values(Spec spec, const std::vector<Parameter>& parameters);

  const Spec& spec() const { return spec_; }
  /// Whether the spec itself has the key, so that the value is not the default.
  bool given(const std::string& key) const { return spec_.has(key); }

  double number(const std::string& key) const;
  int integer(const std::string& key) const;
  bool flag(const std::string& key) const;
  const std::string& word(const std::string& key) const;  // or a path

 private:
  struct Value {
    Parameter::Kind kind;
    double number;
    std::string word;
  };
  const Value& find(const std::string& key, std::initializer_list<Parameter::Kind> kinds) const;

  Spec spec_;
  std::map<std::string, Value> values_;
};

/// Checks and returns the value of one numeric parameter. Throws Error as Values does.
double number_of(const Spec& spec, const Parameter& parameter);

struct Description {
  std::string name;                        // as users write it: "symmetric"
  std::string what;                        // one line: what it does, or its formula
  std::string paper = {};                  // empty if there is none
  std::vector<Parameter> parameters = {};  // the main one first
};

/// Named things of one kind and how each is made from its Values.
template <class Make>
struct Entry : Description {
  Make make;
};

template <class Described>
std::vector<std::string> names_of(const std::vector<Described>& entries) {
  std::vector<std::string> names;
  for (const Described& entry : entries) names.push_back(entry.name);
  return names;
}

/// Returns the entry that the spec names; throws Error listing all names if there is none.
template <class Described>
const Described& find_entry(const std::vector<Described>& entries, const Spec& spec) {
  for (const Described& entry : entries)
    if (entry.name == spec.name()) return entry;
  spec.unknown(names_of(entries));
}

/// Makes the thing that the spec names.
template <class Described, class... Arguments>
auto make_entry(const std::vector<Described>& entries, const Spec& spec, Arguments&&... arguments) {
  const Described& entry = find_entry(entries, spec);
  return entry.make(Values(spec, entry.parameters), std::forward<Arguments>(arguments)...);
}

}  // namespace noisegate
