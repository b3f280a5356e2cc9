// The grammar of names on the command line: `name` or `name:key=value,key=value`. The main parameter may come
// first without its key: `symmetric:0.4`, `gce:0.7`, `human:worst,file=labels.pt`. registry.h has the names,
// the parameters and their allowed values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace noisegate {

class Spec {
 public:
  /// Parses the text; throws Error for an empty name, a value without a key anywhere but first, or a key
  /// given twice. `what` is the option's name in messages: "--loss".
  Spec(std::string text, std::string what);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  const std::string& what() const { return what_; }
  /// Returns "--loss 'gce:0.7'", the beginning of messages.
  std::string where() const;

  /// Sets the parameters that `name` has, the main one first (it takes the value without a key). Throws Error
  /// for any other key, listing these. Call once, before the getters.
  void expect(const std::vector<std::string>& keys);

  bool has(const std::string& key) const;
  /// Returns the parameter as it is written, or `fallback` if it is not given.
  std::string word(const std::string& key, const std::string& fallback) const;

  /// Throws the Error for an unknown name, listing the known ones.
  [[noreturn]] void unknown(const std::vector<std::string>& known) const;

 private:
  std::string text_, what_, name_;
  std::map<std::string, std::string> values_;  // until expect(), "" is the key of the value without a key
};

}  // namespace noisegate
