// The reader of safetensors files (see safetensors.h). Format: a 64-bit length, a JSON header of that length
// that maps names to {"dtype", "shape", "data_offsets": [begin, end]}, then the data that these offsets cover
// without a hole.
#include "engine/error.h"
#include "engine/io/safetensors.h"
#include "engine/text.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

using nlohmann::json;

constexpr std::size_t length_bytes = 8;          // the header's length, before the header
constexpr std::size_t largest_header = 1 << 24;  // a hundred thousand tensors
constexpr int deepest_nesting = 3;               // the header, a tensor's entry, its shape
constexpr const char* metadata_key = "__metadata__";

struct Entry {
  std::string name, dtype;
  Shape shape;
  std::size_t begin = 0, end = 0;  // within the data
};

/// Reads one file's bytes. Nothing that the header says is used before it was held against the bytes there
/// are.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  TensorFile read() {
    const json header = read_header();
    TensorFile result;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == metadata_key) {
        result.metadata = read_metadata(value);
      } else {
        entries.push_back(read_entry(name, value));
      }
    }
    check_cover(entries);
    for (const Entry& entry : entries) result.tensors.push_back({entry.name, read_tensor(entry)});
    return result;
  }

 private:
  template <class... Args>
  [[noreturn]] void corrupt(fmt::format_string<Args...> what, Args&&... args) const {
    reject("{} is not a valid safetensors file: {}", file_, fmt::format(what, std::forward<Args>(args)...));
  }

  /// The parsed header; data_ is what follows it.
  json read_header() {
    std::uint64_t length = 0;
    if (bytes_.size() < length_bytes) corrupt("it has only {} bytes", bytes_.size());
    std::memcpy(&length, bytes_.data(), length_bytes);
    const std::size_t rest = bytes_.size() - length_bytes;
    if (length > std::min(rest, largest_header)) refuse_files_of_pytorch();
    if (length > rest) corrupt("its header claims {} bytes where {} follow", length, rest);
    if (length > largest_header)
      corrupt("its header has {} bytes, more than {} MiB", length, largest_header >> 20);
    data_ = bytes_.subspan(length_bytes + length);
    const auto* text = reinterpret_cast<const char*>(bytes_.data() + length_bytes);
    try {
      json header = json::parse(text, text + length, checked_header());
      if (!header.is_object()) corrupt("its header is no JSON object");
      return header;
    } catch (const json::exception& error) {
      const std::string_view what = error.what();  // "[json.exception.parse_error.101] parse error at …"
      corrupt("its header is no JSON ({})", shown(what.substr(what.find(' ') + 1), 200));
    }
  }

  /// torch.save writes zip archives, and did write pickles: taken for a length, how they begin is a large
  /// one.
  void refuse_files_of_pytorch() const {
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    if (text.starts_with("PK\x03\x04") || text.starts_with("\x80"))
      reject(
          "{} is no safetensors file but one of torch.save; safetensors.torch.save_file(STATE_DICT, FILE) in "
          "Python writes what can be read here",
          file_);
  }

  /// A callback for the JSON parser, which alone would let a later key of the same name win in silence, and
  /// make of a header that nests ever deeper many times its size.
  json::parser_callback_t checked_header() const {
    return [this, open = std::vector<std::set<std::string>>()](int depth, json::parse_event_t event,
                                                               json& value) mutable {
      using Event = json::parse_event_t;
      const bool opens = event == Event::object_start || event == Event::array_start;
      if (opens && depth >= deepest_nesting) corrupt("its header nests more than {} deep", deepest_nesting);
      if (event == Event::object_start) open.emplace_back();
      if (event == Event::object_end) open.pop_back();
      if (event == Event::key && !open.back().insert(value.get<std::string>()).second) {
        corrupt("its header names {} twice", shown(value.get<std::string>()));
      }
      return true;
    };
  }

  std::map<std::string, std::string> read_metadata(const json& value) const {
    const auto is_text = [](const json& item) { return item.is_string(); };
    if (!value.is_object() || !std::all_of(value.begin(), value.end(), is_text)) {
      corrupt("its metadata are not all text");
    }
    return value.get<std::map<std::string, std::string>>();
  }

  Entry read_entry(const std::string& name, const json& value) const {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value["dtype"].is_string()) {
      corrupt("tensor {} needs dtype, shape and data_offsets", shown(name));
    }
    const std::vector<std::uint64_t> shape = read_sizes(name, value, "shape");
    const std::vector<std::uint64_t> offsets = read_sizes(name, value, "data_offsets");
    if (shape.size() > Shape::max_rank) {
      corrupt("tensor {} has rank {}, more than {}", shown(name), shape.size(), Shape::max_rank);
    }
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size()) {
      corrupt("tensor {} lies outside the {} bytes of data", shown(name), data_.size());
    }

    Entry entry{name, value["dtype"], {}, offsets[0], offsets[1]};
    if (byte_count(entry, shape) != entry.end - entry.begin) {
      corrupt("tensor {} of shape ({}) and dtype {} does not fit into {} bytes", shown(name),
              fmt::join(shape, ", "), entry.dtype, entry.end - entry.begin);
    }
    entry.shape = Shape(std::vector<std::int64_t>(shape.begin(), shape.end()));
    return entry;
  }

  /// header[name][key] as a list of whole numbers, each at most what std::int64_t holds.
  std::vector<std::uint64_t> read_sizes(const std::string& name, const json& value, const char* key) const {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto is_size = [](const json& item) {
      return item.is_number_unsigned() && item.get<std::uint64_t>() <= largest;
    };
    const auto found = value.find(key);
    if (found == value.end() || !found->is_array() || !std::all_of(found->begin(), found->end(), is_size)) {
      corrupt("tensor {} has no {} of whole numbers", shown(name), key);
    }
    return found->get<std::vector<std::uint64_t>>();
  }

  std::size_t byte_count(const Entry& entry, const std::vector<std::uint64_t>& shape) const {
    std::size_t bytes = element_bytes(entry);
    for (const std::uint64_t extent : shape) {
      if (__builtin_mul_overflow(bytes, extent, &bytes)) {
        corrupt("tensor {} of shape ({}) is larger than any file", shown(entry.name), fmt::join(shape, ", "));
      }
    }
    return bytes;
  }

  std::size_t element_bytes(const Entry& entry) const {
    if (entry.dtype == "F32" || entry.dtype == "I32") return 4;
    if (entry.dtype == "I64") return 8;
    if (entry.dtype == "U8") return 1;
    corrupt("tensor {} has dtype {}; F32, I32, I64 and U8 can be read", shown(entry.name),
            shown(entry.dtype));
  }

  /// The format leaves no byte of the data to two tensors or to none.
  void check_cover(std::vector<Entry> entries) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::size_t covered = 0;
    for (const Entry& entry : entries) {
      if (entry.begin < covered) corrupt("tensor {} overlaps another", shown(entry.name));
      if (entry.begin > covered) corrupt("no tensor holds the bytes before {}", shown(entry.name));
      covered = entry.end;
    }
    if (covered != data_.size()) corrupt("{} bytes follow the last tensor", data_.size() - covered);
  }

  Tensor read_tensor(const Entry& entry) const {
    const auto source = data_.subspan(entry.begin, entry.end - entry.begin);
    if (entry.dtype == "I64") return narrow(entry, source);
    const DType dtype = entry.dtype == "F32" ? DType::f32 : entry.dtype == "I32" ? DType::i32 : DType::u8;
    Tensor tensor = Tensor::empty(entry.shape, dtype);
    std::ranges::copy(source, static_cast<std::byte*>(tensor.raw()));
    return tensor;
  }

  Tensor narrow(const Entry& entry, std::span<const std::byte> source) const {
    Tensor tensor = Tensor::empty(entry.shape, DType::i32);
    auto* destination = tensor.data<std::int32_t>();
    for (std::size_t i = 0; i < source.size() / sizeof(std::int64_t); ++i) {
      std::int64_t value = 0;
      std::memcpy(&value, source.data() + i * sizeof value, sizeof value);
      if (!std::in_range<std::int32_t>(value))
        corrupt("tensor {} holds {}, too large here", shown(entry.name), value);
      destination[i] = static_cast<std::int32_t>(value);
    }
    return tensor;
  }

  std::span<const std::byte> bytes_, data_;
  const std::string& file_;
};

}  // namespace

TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

}  // namespace noisegate
