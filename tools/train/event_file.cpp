#include "tools/train/event_file.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "tools/train/curriculum.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

namespace noisegate {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);  // reversed Castagnoli
    table[i] = crc;
  }
  return table;
}

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> 8 * i & 0xFF);
  return bytes;
}

std::uint64_t little_endian_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[offset + i])} << 8 * i;
  return value;
}

/// A protocol buffer, field after field.
class Message {
 public:
  void add(int field, double value) {
    start(field, Wire::eight_bytes);
    bytes_ += little_endian(std::bit_cast<std::uint64_t>(value));
  }
  void add(int field, float value) {
    start(field, Wire::four_bytes);
    bytes_ += little_endian(std::bit_cast<std::uint32_t>(value));
  }
  void add(int field, std::uint64_t value) {
    start(field, Wire::number);
    add_number(value);
  }
  void add(int field, std::string_view text) {
    start(field, Wire::length);
    add_number(text.size());
    bytes_ += text;
  }
  void add(int field, const Message& message) { add(field, std::string_view(message.bytes_)); }
  void add(int field, const std::vector<double>& values) {
    std::string packed;
    for (const double value : values) packed += little_endian(std::bit_cast<std::uint64_t>(value));
    add(field, std::string_view(packed));
  }

  const std::string& bytes() const { return bytes_; }

 private:
  enum class Wire { number = 0, eight_bytes = 1, length = 2, four_bytes = 5 };

  void start(int field, Wire wire) {
    add_number(static_cast<std::uint64_t>(field << 3 | static_cast<int>(wire)));
  }
  /// Seven bits a byte, the lowest first; all but the last have the highest bit set.
  void add_number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

Message histogram_of(const std::vector<double>& counts) {
  constexpr double low = MarginHistogram::low, high = MarginHistogram::high;
  const double width = (high - low) / static_cast<double>(counts.size());
  double number = 0, sum = 0, squares = 0;
  std::vector<double> limits;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    limits.push_back(low + static_cast<double>(i + 1) * width);
    const double middle = limits.back() - width / 2;
    number += counts[i];
    sum += counts[i] * middle;
    squares += counts[i] * middle * middle;
  }
  Message histogram;
  histogram.add(1, low);
  histogram.add(2, high);
  histogram.add(3, number);
  histogram.add(4, sum);
  histogram.add(5, squares);
  histogram.add(6, limits);
  histogram.add(7, counts);
  return histogram;
}

/// A value of a summary; nothing for what is neither a number nor a list of counts.
std::optional<Message> value_of(const std::string& key, const nlohmann::ordered_json& metric) {
  Message value;
  value.add(1, std::string_view(key));
  if (metric.is_number()) {
    value.add(2, metric.get<float>());
  } else if (metric.is_array()) {
    value.add(5, histogram_of(metric.get<std::vector<double>>()));
  } else {
    return std::nullopt;
  }
  return value;
}

/// wall_time is the first field and takes nine bytes; the step, where there is one, follows.
constexpr std::size_t step_offset = 9;
constexpr int wall_time_field = 1, step_field = 2, version_field = 3, summary_field = 5;

Message new_event() {
  const std::chrono::duration<double> since_1970 = std::chrono::system_clock::now().time_since_epoch();
  Message event;
  event.add(wall_time_field, since_1970.count());
  return event;
}

Message event_of(int epoch, const nlohmann::ordered_json& metrics) {
  Message summary;
  for (const auto& [key, metric] : metrics.items())
    if (const auto value = value_of(key, metric); key != "epoch" && value) summary.add(1, *value);
  Message event = new_event();
  event.add(step_field, static_cast<std::uint64_t>(epoch));
  event.add(summary_field, summary);
  return event;
}

std::string record_of(const Message& event) {
  const std::string length = little_endian(std::uint64_t{event.bytes().size()});
  return length + little_endian(masked_crc32c(length)) + event.bytes() +
         little_endian(masked_crc32c(event.bytes()));
}

/// The step of an event that new_event() and event_of() have made; 0 without one.
std::uint64_t step_of(std::string_view event) {
  if (event.size() <= step_offset || event[step_offset] != step_field << 3) return 0;
  std::uint64_t step = 0;
  int shift = 0;
  for (std::size_t i = step_offset + 1; i < event.size() && shift < 64; ++i, shift += 7) {
    const auto byte = static_cast<unsigned char>(event[i]);
    step |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  return step;
}

/// The size of the records before the first one that is of this epoch or a later one, or not whole.
std::size_t size_before(std::string_view file, int epoch) {
  constexpr std::size_t header = 12, footer = 4;
  std::size_t offset = 0;
  while (file.size() - offset >= header + footer) {
    const std::uint64_t length = little_endian_at(file, offset);
    if (length > file.size() - offset - header - footer) break;
    const std::string_view event = file.substr(offset + header, length);
    const std::string checksum = little_endian(masked_crc32c(event));
    if (file.substr(offset + header + length, footer) != checksum) break;
    if (step_of(event) >= static_cast<std::uint64_t>(epoch)) break;
    offset += header + length + footer;
  }
  return offset;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  static constexpr auto table = make_crc_table();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return std::rotr(~crc, 15) + 0xA282EAD8u;
}

void append_events(const std::filesystem::path& file, int epoch, const nlohmann::ordered_json& metrics) {
  std::string records;
  std::size_t kept = 0;
  if (std::filesystem::exists(file)) {
    const std::vector<std::byte> bytes = read_file(file);
    kept = size_before({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, epoch);
    std::error_code error;
    if (kept < bytes.size()) std::filesystem::resize_file(file, kept, error);
    if (error) fail("cannot write {}: {}", file.string(), error.message());
  }
  if (kept == 0) {
    Message version = new_event();
    version.add(version_field, std::string_view("brain.Event:2"));
    records += record_of(version);
  }
  append_to_file(file, records + record_of(event_of(epoch, metrics)));
}

}  // namespace noisegate
