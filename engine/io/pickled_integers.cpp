// Formats: numpy/core/multiarray.py and torch/_utils.py, whose functions the pickles call.
#include "engine/io/pickled_integers.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace noisegate {
namespace {

using Kind = PickleValue::Kind;
using Integers = std::vector<std::int64_t>;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// How integers lie in bytes; NumPy's and PyTorch's names for it.
struct IntegerType {
  std::string_view numpy, torch_storage;
  std::size_t size;
  std::int64_t (*read)(const char*);
};

template <class Number>
std::int64_t read_little_endian(const char* bytes) {
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

constexpr std::array<IntegerType, 6> integer_types = {{
    {"u1", "torch.ByteStorage", 1, read_little_endian<std::uint8_t>},
    {"i1", "torch.CharStorage", 1, read_little_endian<std::int8_t>},
    {"i2", "torch.ShortStorage", 2, read_little_endian<std::int16_t>},
    {"i4", "torch.IntStorage", 4, read_little_endian<std::int32_t>},
    {"u4", "torch.UInt32Storage", 4, read_little_endian<std::uint32_t>},
    {"i8", "torch.LongStorage", 8, read_little_endian<std::int64_t>},
}};

/// The text's code points as bytes, which is what Python's text.encode('latin1') gives; nothing where one is
/// above 255.
std::optional<std::string> latin1(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    if (first < 0x80) {
      bytes += utf8[i];
      continue;
    }
    // 0x80 to 0xff are two bytes, 110000xx 10xxxxxx.
    if ((first & 0xfc) != 0xc0 || i + 1 == utf8.size()) return std::nullopt;
    const auto second = static_cast<unsigned char>(utf8[++i]);
    if ((second & 0xc0) != 0x80) return std::nullopt;
    bytes += static_cast<char>((first & 3) << 6 | (second & 0x3f));
  }
  return bytes;
}

/// Recognises, among the calls of a pickle, those that make arrays of integers. Each function gives nothing
/// for a value that is not of its kind.
class IntegerReader {
 public:
  IntegerReader(const Pickle& pickle, const StorageOf& storage_of)
      : pickle_(pickle), storage_of_(storage_of) {}

  std::optional<Integers> integers(PickleRef value) const {
    if (auto array = numpy_array(value)) return array;
    if (auto tensor = torch_tensor(value)) return tensor;
    return list(value);
  }

 private:
  using Refs = std::vector<PickleRef>;

  /// Returns the items of a tuple with at least `least` of them.
  const Refs* tuple(PickleRef ref, std::size_t least) const {
    const PickleValue& value = pickle_[ref];
    return value.kind == Kind::tuple && value.items.size() >= least ? &value.items : nullptr;
  }
  /// Returns the call of this function with at least `least` arguments: {function, arguments[, state]}.
  const Refs* call(PickleRef ref, std::string_view function, std::size_t least) const {
    const PickleValue& value = pickle_[ref];
    const bool is_it = value.kind == Kind::call && pickle_.is_global(value.items[0], function) &&
                       tuple(value.items[1], least);
    return is_it ? &value.items : nullptr;
  }
  /// The same of a function of NumPy's core, which moved in NumPy 2.
  const Refs* numpy_call(PickleRef ref, const std::string& function, std::size_t least) const {
    const Refs* before = call(ref, "numpy.core.multiarray." + function, least);
    return before ? before : call(ref, "numpy._core.multiarray." + function, least);
  }
  std::optional<std::int64_t> integer(PickleRef ref) const {
    const PickleValue& value = pickle_[ref];
    return value.kind == Kind::integer ? std::optional(value.integer) : std::nullopt;
  }
  std::optional<std::int64_t> first_integer(PickleRef ref) const {
    const Refs* items = tuple(ref, 1);
    return items ? integer(items->front()) : std::nullopt;
  }
  /// The one extent of a shape, also of that of a column, (n, 1).
  std::optional<std::int64_t> length(PickleRef shape) const {
    const Refs* extents = tuple(shape, 1);
    if (!extents || extents->size() > 2) return std::nullopt;
    if (extents->size() == 2 && integer(extents->back()) != 1) return std::nullopt;
    return integer(extents->front());
  }

  /// So many bytes, or the text that protocol 2 has in their place: _codecs.encode(text, 'latin1'). What has
  /// another size is not looked at, however often a hostile file repeats it.
  std::optional<std::string> bytes(PickleRef ref, std::uint64_t size) const {
    const PickleValue& value = pickle_[ref];
    if (value.kind == Kind::bytes)
      return value.text.size() == size ? std::optional(std::string(value.text)) : std::nullopt;
    const Refs* encode = call(ref, "_codecs.encode", 2);
    if (!encode) return std::nullopt;
    const Refs& arguments = pickle_[(*encode)[1]].items;
    const PickleValue& text = pickle_[arguments[0]];
    if (text.kind != Kind::text || pickle_[arguments[1]].text != "latin1") return std::nullopt;
    if (text.text.size() < size || text.text.size() / 2 > size) return std::nullopt;
    auto encoded = latin1(text.text);
    return encoded && encoded->size() == size ? encoded : std::nullopt;
  }

  /// numpy.dtype('i8', False, True) with the state (3, '<', …), '<' or '|' being the byte order.
  const IntegerType* numpy_type(PickleRef ref) const {
    const Refs* dtype = call(ref, "numpy.dtype", 1);
    if (!dtype || dtype->size() != 3) return nullptr;
    const Refs* state = tuple((*dtype)[2], 2);
    if (!state || (pickle_[(*state)[1]].text != "<" && pickle_[(*state)[1]].text != "|")) return nullptr;
    const std::string_view name = pickle_[pickle_[(*dtype)[1]].items[0]].text;
    const auto found = std::find_if(integer_types.begin(), integer_types.end(),
                                    [&](const IntegerType& type) { return type.numpy == name; });
    return found == integer_types.end() ? nullptr : &*found;
  }

  static std::optional<Integers> decode(std::string_view bytes, const IntegerType& type, std::int64_t count) {
    if (count < 0 || bytes.size() / type.size < static_cast<std::uint64_t>(count)) return std::nullopt;
    Integers values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = type.read(bytes.data() + i * type.size);
    return values;
  }

  /// numpy.core.multiarray.scalar(dtype, bytes).
  std::optional<std::int64_t> numpy_scalar(PickleRef ref) const {
    const Refs* scalar = numpy_call(ref, "scalar", 2);
    if (!scalar) return std::nullopt;
    const Refs& arguments = pickle_[(*scalar)[1]].items;
    const IntegerType* type = numpy_type(arguments[0]);
    const auto data = type ? bytes(arguments[1], type->size) : std::nullopt;
    return data ? std::optional(type->read(data->data())) : std::nullopt;
  }

  /// numpy.core.multiarray._reconstruct(…) with the state (version, shape, dtype, Fortran order, bytes).
  std::optional<Integers> numpy_array(PickleRef ref) const {
    const Refs* array = numpy_call(ref, "_reconstruct", 0);
    const Refs* state = array && array->size() == 3 ? tuple((*array)[2], 5) : nullptr;
    if (!state) return std::nullopt;
    const auto count = length((*state)[1]);
    const IntegerType* type = numpy_type((*state)[2]);
    if (!count || !type) return std::nullopt;
    const auto data = bytes((*state)[4], type->size * static_cast<std::uint64_t>(*count));
    return data ? decode(*data, *type, *count) : std::nullopt;
  }

  /// torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, …), the storage being the persistent
  /// ('storage', torch.LongStorage, key, device, count) and its bytes the archive's file data/KEY.
  std::optional<Integers> torch_tensor(PickleRef ref) const {
    const Refs* tensor = call(ref, "torch._utils._rebuild_tensor_v2", 4);
    if (!tensor) return std::nullopt;
    const Refs& arguments = pickle_[(*tensor)[1]].items;
    const auto offset = integer(arguments[1]), count = length(arguments[2]),
               stride = first_integer(arguments[3]);
    if (!offset || !count || stride != 1 || pickle_[arguments[0]].kind != Kind::persistent)
      return std::nullopt;
    const Refs* storage = tuple(pickle_[arguments[0]].items[0], 5);
    if (!storage) return std::nullopt;
    const auto type = std::find_if(integer_types.begin(), integer_types.end(), [&](const IntegerType& t) {
      return pickle_.is_global((*storage)[1], t.torch_storage);
    });
    if (type == integer_types.end()) return std::nullopt;
    const std::string_view stored = text_of(storage_of_(pickle_[(*storage)[2]].text));
    if (*offset < 0 || stored.size() / type->size < static_cast<std::uint64_t>(*offset)) return std::nullopt;
    return decode(stored.substr(type->size * static_cast<std::size_t>(*offset)), *type, *count);
  }

  std::optional<Integers> list(PickleRef ref) const {
    const PickleValue& value = pickle_[ref];
    if (value.kind != Kind::list && value.kind != Kind::tuple) return std::nullopt;
    Integers values;
    for (const PickleRef item : value.items) {
      const auto number = pickle_[item].kind == Kind::call ? numpy_scalar(item) : integer(item);
      if (!number) return std::nullopt;
      values.push_back(*number);
    }
    return values;
  }

  const Pickle& pickle_;
  const StorageOf& storage_of_;
};

}  // namespace

std::optional<std::vector<std::int64_t>> pickled_integers(const Pickle& pickle, PickleRef value,
                                                          const StorageOf& storage_of) {
  return IntegerReader(pickle, storage_of).integers(value);
}

}  // namespace noisegate
