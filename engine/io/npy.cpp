// Format: "\x93NUMPY", a version (two bytes), the header's length (16 bits in version 1, 32 from version 2
// on), the header, which is a Python dictionary such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
// padded with spaces and ended by a line feed, then the values.
#include "engine/io/npy.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/text.h"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t header_alignment = 64;  // NumPy pads so that the values lie aligned
constexpr std::size_t most_axes = 32;         // NumPy's own bound

struct Header {
  std::string descr;  // "<f4": byte order, kind, bytes of one value
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the header's dictionary: quoted keys, and as values a quoted word, True or False, or a tuple.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Header read() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    take('{');
    while (!next_is('}')) {
      const std::string key = quoted();
      take(':');
      if (key == "descr" && !has_descr) {
        header.descr = quoted();
        has_descr = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = tuple();
        has_shape = true;
      } else {
        corrupt();
      }
      if (!next_is('}')) take(',');
    }
    take('}');
    if (!has_descr || !has_order || !has_shape || !next_is('\0')) corrupt();
    return header;
  }

 private:
  [[noreturn]] void corrupt() const { reject("{} is not a valid .npy file: its header is broken", file_); }

  /// The next character behind blanks without taking it; '\0' at the end.
  char peek() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool next_is(char c) { return peek() == c; }
  void take(char c) {
    if (text_.empty() || peek() != c) corrupt();
    text_.remove_prefix(1);
  }
  bool take_word(std::string_view word) {
    peek();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') corrupt();
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) corrupt();
    std::string word(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return word;
  }

  bool boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    corrupt();
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> extents;
    take('(');
    while (!next_is(')')) {
      if (extents.size() == most_axes) corrupt();
      extents.push_back(extent());
      if (!next_is(')')) take(',');
    }
    take(')');
    return extents;
  }

  std::int64_t extent() {
    peek();
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
      if (digits == 18) corrupt();  // one more might not fit
      value = 10 * value + (text_[digits] - '0');
    }
    if (digits == 0) corrupt();
    text_.remove_prefix(digits);
    return value;
  }

  std::string_view text_;
  const std::string& file_;
};

/// The number of values, or nothing where it does not fit the bytes that follow.
std::optional<std::size_t> count_of(const std::vector<std::int64_t>& shape, std::size_t size_of_value,
                                    std::size_t bytes) {
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  std::size_t count = empty ? 0 : 1;
  for (const std::int64_t extent : shape) {
    if (count != 0 && static_cast<std::uint64_t>(extent) > bytes / count) return std::nullopt;
    count *= static_cast<std::size_t>(extent);
  }
  if (count > bytes / size_of_value || count * size_of_value != bytes) return std::nullopt;
  return count;
}

template <class To, class From>
To converted(From value, const std::string& file) {
  if constexpr (std::integral<To>) {
    if (!std::in_range<To>(value)) reject("{} holds {}, which is out of range", file, value);
  }
  return static_cast<To>(value);
}

/// The values as they stand in the file, each a From, as To.
template <class To, class From>
std::vector<To> convert(std::span<const std::byte> bytes, const std::string& file) {
  std::vector<To> values(bytes.size() / sizeof(From));
  for (std::size_t i = 0; i < values.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    values[i] = converted<To>(value, file);
  }
  return values;
}

template <class To>
struct Type {
  std::string_view name;  // without the byte order
  std::size_t size;
  std::vector<To> (*convert)(std::span<const std::byte>, const std::string&);
};

/// The types of values that can be read as To.
template <class To>
std::vector<Type<To>> types() {
  std::vector<Type<To>> all = {
      {"b1", 1, convert<To, std::uint8_t>},  {"i1", 1, convert<To, std::int8_t>},
      {"u1", 1, convert<To, std::uint8_t>},  {"i2", 2, convert<To, std::int16_t>},
      {"u2", 2, convert<To, std::uint16_t>}, {"i4", 4, convert<To, std::int32_t>},
      {"u4", 4, convert<To, std::uint32_t>}, {"i8", 8, convert<To, std::int64_t>},
      {"u8", 8, convert<To, std::uint64_t>},
  };
  if constexpr (std::floating_point<To>) {
    all.push_back({"f4", 4, convert<To, float>});
    all.push_back({"f8", 8, convert<To, double>});
  }
  return all;
}

template <class To>
Type<To> find_type(const std::string& descr, const std::string& file) {
  if (!descr.empty() && descr.front() == '>')
    reject("{} holds big-endian values ({}), which are not read", file, shown(descr));
  for (const Type<To>& type : types<To>()) {
    if (descr.size() == 3 && type.name == std::string_view(descr).substr(1) &&
        (descr.front() == '<' || descr.front() == '|' || descr.front() == '='))
      return type;
  }
  reject("{} holds values of type {}, where {} are needed", file, shown(descr),
         std::integral<To> ? "integers" : "numbers");
}

template <class T>
std::vector<T> from_fortran_order(const std::vector<T>& values, const std::vector<std::int64_t>& shape) {
  std::vector<T> result(values.size());
  std::vector<std::int64_t> index(shape.size());
  for (T& value : result) {
    std::int64_t position = 0;
    for (std::size_t axis = shape.size(); axis-- > 0;) position = position * shape[axis] + index[axis];
    value = values[static_cast<std::size_t>(position)];
    for (std::size_t axis = shape.size(); axis-- > 0;) {  // the last axis runs fastest in C order
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

template <class T>
constexpr const char* descr_of() {
  if constexpr (std::same_as<T, float>) return "<f4";
  if constexpr (std::same_as<T, double>) return "<f8";
  if constexpr (std::same_as<T, std::int32_t>) return "<i4";
  if constexpr (std::same_as<T, std::int64_t>) return "<i8";
}

}  // namespace

template <class T>
NumpyArray<T> parse_numpy(std::span<const std::byte> bytes, const std::string& name) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  constexpr std::size_t version_end = magic.size() + 2;
  if (bytes.size() < version_end + 2 || std::string_view(text, magic.size()) != magic)
    reject("{} is not a .npy file", name);
  const int version = text[magic.size()];
  if (version < 1 || version > 3) reject("{} is a .npy file of the unknown version {}", name, version);
  const std::size_t length_size = version == 1 ? 2 : 4;
  std::uint32_t length = 0;
  std::size_t begin = version_end + length_size;
  if (bytes.size() < begin) reject("{} is not a valid .npy file: it ends in its header", name);
  std::memcpy(&length, text + version_end, length_size);
  if (length > bytes.size() - begin) reject("{} is not a valid .npy file: it ends in its header", name);

  const Header header = HeaderReader({text + begin, length}, name).read();
  const Type<T> type = find_type<T>(header.descr, name);
  const std::span<const std::byte> data = bytes.subspan(begin + length);
  if (!count_of(header.shape, type.size, data.size()))
    reject("{} is not a valid .npy file: its header claims the shape ({}) of {}, but {} bytes follow", name,
           fmt::join(header.shape, ", "), shown(header.descr), data.size());
  std::vector<T> values = type.convert(data, name);
  if (header.fortran_order) values = from_fortran_order(values, header.shape);
  return {header.shape, std::move(values)};
}

template <class T>
NumpyArray<T> load_numpy(const std::filesystem::path& path) {
  return parse_numpy<T>(read_file(path), path.string());
}

template <class T>
void save_numpy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
                std::span<const T> values) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                   descr_of<T>(), fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr std::size_t before = magic.size() + 4;
  const std::size_t whole = (before + header.size() + header_alignment) / header_alignment * header_alignment;
  header.resize(whole - before - 1, ' ');
  header += '\n';
  std::string contents(magic);
  contents +=
      {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  contents += header;
  contents.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  write_file_atomically(path, contents);
}

template NumpyArray<float> load_numpy<float>(const std::filesystem::path&);
template NumpyArray<double> load_numpy<double>(const std::filesystem::path&);
template NumpyArray<std::int32_t> load_numpy<std::int32_t>(const std::filesystem::path&);
template NumpyArray<std::int64_t> load_numpy<std::int64_t>(const std::filesystem::path&);
template NumpyArray<float> parse_numpy<float>(std::span<const std::byte>, const std::string&);
template NumpyArray<double> parse_numpy<double>(std::span<const std::byte>, const std::string&);
template NumpyArray<std::int32_t> parse_numpy<std::int32_t>(std::span<const std::byte>, const std::string&);
template NumpyArray<std::int64_t> parse_numpy<std::int64_t>(std::span<const std::byte>, const std::string&);
template void save_numpy<float>(const std::filesystem::path&, const std::vector<std::int64_t>&,
                                std::span<const float>);
template void save_numpy<double>(const std::filesystem::path&, const std::vector<std::int64_t>&,
                                 std::span<const double>);
template void save_numpy<std::int32_t>(const std::filesystem::path&, const std::vector<std::int64_t>&,
                                       std::span<const std::int32_t>);
template void save_numpy<std::int64_t>(const std::filesystem::path&, const std::vector<std::int64_t>&,
                                       std::span<const std::int64_t>);

}  // namespace noisegate
