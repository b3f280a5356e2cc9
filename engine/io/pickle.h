// Python's pickles, read as data. A pickle is a program that builds objects by calling functions. This reader
// calls no function and builds no object: it returns the calls themselves, and the caller recognises, say,
// the call that would make an array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace noisegate {

/// A reference to a value by its number among the values of its pickle. Values may be shared or, in a hostile
/// file, contain themselves; references make both cheap.
using PickleRef = std::uint32_t;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    integer,     // also True and False
    text,        // str, its UTF-8 in `text`
    bytes,       // bytes, and Python 2's str, in `text`
    global,      // a function or class: {module, name}
    tuple,       // its items
    list,        // its items
    dictionary,  // {key, value, key, value, …}
    call,        // {function, arguments}, followed by the state that was set on the result
    persistent,  // {identifier}: an object in the file around the pickle
  };

  Kind kind = Kind::none;
  std::int64_t integer = 0;
  std::string_view text;         // within the pickle's bytes
  std::vector<PickleRef> items;  // depends on the kind, see above
};

class Pickle {
 public:
  /// Reads a pickle of protocol 2 to 4 to its end; `bytes` must outlive it. Throws Error, calling the file
  /// `name`, if it is cut off, malformed, of a kind that no file of numbers needs, or has more than eight
  /// million values.
  Pickle(std::span<const std::byte> bytes, const std::string& name);

  PickleRef root() const { return root_; }
  const PickleValue& operator[](PickleRef value) const { return values_[value]; }

  /// Whether the value is the function or class of this name, written "module.name".
  bool is_global(PickleRef value, std::string_view name) const;

 private:
  friend class PickleReader;
  std::vector<PickleValue> values_;
  PickleRef root_ = 0;
};

}  // namespace noisegate
