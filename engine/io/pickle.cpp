// The opcodes are those of CPython's Lib/pickletools.py. A pickle works on a stack of values; MARK remembers
// a height of the stack, and what lies above it is taken together as the items of a tuple, list or
// dictionary.
#include "engine/io/pickle.h"

#include "engine/error.h"

#include <bit>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace noisegate {

class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, const std::string& file, Pickle& pickle)
      : rest_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), file_(file), pickle_(pickle) {}

  void read() {
    constexpr char protocol = '\x80', stop = '.';
    if (take(1)[0] != protocol) corrupt("it does not begin as one of protocol 2 or later");
    const auto version = number<std::uint8_t>();
    if (version < 2 || version > 4)
      reject("{} holds a pickle of protocol {}; 2 to 4 are read", file_, version);
    for (char opcode; (opcode = take(1)[0]) != stop;) execute(opcode);
    pickle_.root_ = pop();
    if (!stack_.empty() || !marks_.empty()) corrupt("it leaves values behind");
  }

 private:
  using Kind = PickleValue::Kind;
  using Refs = std::vector<PickleRef>;

  [[noreturn]] void corrupt(std::string_view why) const {
    reject("{} holds no valid pickle: {}", file_, why);
  }

  // The bytes.

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) corrupt("it ends too early");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number number() {  // little-endian
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) corrupt("it ends too early");
    const std::string_view text = take(end);
    take(1);
    return text;
  }
  /// Two's complement in as many bytes as the first says.
  std::int64_t long_integer() {
    const std::string_view digits = take(number<std::uint8_t>());
    if (digits.size() > 8) corrupt("it has a number of more than 64 bits");
    std::uint64_t value = !digits.empty() && digits.back() < 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(digits[i]);
    return std::bit_cast<std::int64_t>(value);
  }

  // The stack.

  void push(PickleValue value) {
    constexpr std::size_t most_values = 1 << 23;  // takes half a gigabyte
    if (pickle_.values_.size() == most_values) reject("{} holds a pickle of too many values", file_);
    stack_.push_back(static_cast<PickleRef>(pickle_.values_.size()));
    pickle_.values_.push_back(std::move(value));
  }
  void push_integer(std::int64_t value) { push({Kind::integer, value, {}, {}}); }
  void push_text(Kind kind, std::string_view text) { push({kind, 0, text, {}}); }
  void push_items(Kind kind, Refs items) { push({kind, 0, {}, std::move(items)}); }

  PickleRef pop() { return pop_last(1).front(); }
  Refs pop_last(std::size_t count) {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - bottom < count) corrupt("it takes more values than it has");
    Refs items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  Refs pop_to_mark() {
    if (marks_.empty()) corrupt("it has no mark where one is needed");
    Refs items = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  /// The value on top, which stays and must be of this kind.
  PickleValue& top(Kind kind) {
    if (stack_.size() == (marks_.empty() ? 0 : marks_.back())) corrupt("it takes more values than it has");
    PickleValue& value = pickle_.values_[stack_.back()];
    if (value.kind != kind) corrupt("it fills or sets a value that is not made for it");
    return value;
  }
  void append(Kind kind, const Refs& items) {
    PickleValue& container = top(kind);
    if (kind == Kind::dictionary && items.size() % 2 != 0) corrupt("it has a key without a value");
    container.items.insert(container.items.end(), items.begin(), items.end());
  }

  void remember(std::uint32_t index) {
    if (stack_.empty()) corrupt("it takes more values than it has");
    memo_[index] = stack_.back();
  }
  void recall(std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) corrupt("it asks for a value that it has not remembered");
    stack_.push_back(found->second);
  }

  void push_global_of_lines() {
    push_text(Kind::text, line());
    push_text(Kind::text, line());
    push_items(Kind::global, pop_last(2));
  }
  void set_state() {
    const PickleRef state = pop();
    PickleValue& call = top(Kind::call);
    if (call.items.size() != 2) corrupt("it sets a state twice");
    call.items.push_back(state);
  }

  void execute(char opcode) {
    switch (static_cast<unsigned char>(opcode)) {
      case 'N':
        return push({});
      case 0x88:
        return push_integer(1);  // True
      case 0x89:
        return push_integer(0);  // False
      case 'K':
        return push_integer(number<std::uint8_t>());
      case 'M':
        return push_integer(number<std::uint16_t>());
      case 'J':
        return push_integer(number<std::int32_t>());
      case 0x8a:
        return push_integer(long_integer());
      case 'X':
        return push_text(Kind::text, take(number<std::uint32_t>()));
      case 0x8c:
        return push_text(Kind::text, take(number<std::uint8_t>()));
      case 0x8d:
        return push_text(Kind::text, take(number<std::uint64_t>()));
      case 'B':
        return push_text(Kind::bytes, take(number<std::uint32_t>()));
      case 'C':
        return push_text(Kind::bytes, take(number<std::uint8_t>()));
      case 0x8e:
        return push_text(Kind::bytes, take(number<std::uint64_t>()));
      case 'T':
        return push_text(Kind::bytes, take(number<std::uint32_t>()));
      case 'U':
        return push_text(Kind::bytes, take(number<std::uint8_t>()));
      case '(':
        return marks_.push_back(stack_.size());
      case ')':
        return push_items(Kind::tuple, {});
      case 't':
        return push_items(Kind::tuple, pop_to_mark());
      case 0x85:
        return push_items(Kind::tuple, pop_last(1));
      case 0x86:
        return push_items(Kind::tuple, pop_last(2));
      case 0x87:
        return push_items(Kind::tuple, pop_last(3));
      case ']':
        return push_items(Kind::list, {});
      case 'a':
        return append(Kind::list, pop_last(1));
      case 'e':
        return append(Kind::list, pop_to_mark());
      case '}':
        return push_items(Kind::dictionary, {});
      case 's':
        return append(Kind::dictionary, pop_last(2));
      case 'u':
        return append(Kind::dictionary, pop_to_mark());
      case 'q':
        return remember(number<std::uint8_t>());
      case 'r':
        return remember(number<std::uint32_t>());
      case 0x94:
        return remember(static_cast<std::uint32_t>(memo_.size()));
      case 'h':
        return recall(number<std::uint8_t>());
      case 'j':
        return recall(number<std::uint32_t>());
      case 'c':
        return push_global_of_lines();
      case 0x93:
        return push_items(Kind::global, pop_last(2));
      case 'R':
        return push_items(Kind::call, pop_last(2));
      case 'b':
        return set_state();
      case 'Q':
        return push_items(Kind::persistent, pop_last(1));
      case 0x95:
        return static_cast<void>(take(8));  // the size of a frame, which only helps to read ahead
      default:
        reject("{} holds a pickle with the opcode {:#04x}, which files of labels do not need", file_,
               static_cast<unsigned char>(opcode));
    }
  }

  std::string_view rest_;
  const std::string& file_;
  Pickle& pickle_;
  Refs stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleRef> memo_;
};

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& name) {
  PickleReader(bytes, name, *this).read();
}

bool Pickle::is_global(PickleRef value, std::string_view name) const {
  const PickleValue& global = values_[value];
  if (global.kind != PickleValue::Kind::global) return false;
  const std::string_view module = values_[global.items[0]].text, what = values_[global.items[1]].text;
  return name.size() == module.size() + 1 + what.size() && name.starts_with(module) &&
         name[module.size()] == '.' && name.ends_with(what);
}

}  // namespace noisegate
