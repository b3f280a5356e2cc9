// The grammar of what users name on the command line: `name` or `name:key=value,key=value`. The main
// parameter may stand first without its key: `symmetric:0.4`, `gce:0.7`, `human:worst,file=labels.pt`. What
// names and parameters there are, and which values, registry.h has.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace noisegate {

class Spec {
 public:
  /// Parses the text; throws Error for an empty name, a value without a key anywhere but first, or a key
  /// given twice. `what` names the option in messages: "--loss".
  Spec(std::string text, std::string what);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  const std::string& what() const { return what_; }
  /// "--loss 'gce:0.7'", as messages begin.
  std::string where() const;

  /// Names the parameters that `name` knows, the main one first (it takes the value without a key). Throws
  /// Error for any other key, listing these. Call once, before the getters.
  void expect(const std::vector<std::string>& keys);

  bool has(const std::string& key) const;
  /// The parameter as it is written, or `fallback` where it is not given.
  std::string word(const std::string& key, const std::string& fallback) const;

  /// Throws the Error for a name that nobody knows, listing those that there are.
  [[noreturn]] void unknown(const std::vector<std::string>& known) const;

 private:
  std::string text_, what_, name_;
  std::map<std::string, std::string> values_;  // until expect(), the value without a key stands under ""
};

}  // namespace noisegate
