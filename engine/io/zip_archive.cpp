// Format (PKWARE's APPNOTE): local headers, each before its file's bytes; then the central directory, an
// entry a file; then the end record, which says where the directory is. Files beyond 4 GiB, whose sizes stand
// elsewhere, are refused by their sizes of 2³² − 1 here.
#include "engine/io/zip_archive.h"

#include "engine/error.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <string_view>

#include <zlib.h>

namespace noisegate {
namespace {

constexpr std::string_view end_signature("PK\x05\x06", 4), entry_signature("PK\x01\x02", 4),
    local_signature("PK\x03\x04", 4);
constexpr std::size_t end_size = 22, entry_size = 46, local_size = 30;
constexpr std::size_t longest_comment = 65535;
constexpr std::uint16_t encrypted = 1;

class ZipReader {
 public:
  ZipReader(std::span<const std::byte> bytes, const std::string& archive)
      : bytes_(bytes), archive_(archive) {}

  std::vector<ZipEntry> read() const {
    const std::size_t end = find_end();
    const std::size_t count = number<std::uint16_t>(end + 10);
    std::size_t position = number<std::uint32_t>(end + 16);
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back(read_entry(position));
      if (!names.insert(entries.back().name).second) corrupt("it has a file twice");
      total += entries.back().contents.size();
      // Files that share bytes would let a small archive cost any amount of work.
      if (total > bytes_.size()) corrupt("its files are more than it");
    }
    return entries;
  }

 private:
  [[noreturn]] void corrupt(std::string_view why) const {
    reject("{} is not a valid zip archive: {}", archive_, why);
  }

  std::string_view text(std::size_t position, std::size_t size) const {
    if (position > bytes_.size() || size > bytes_.size() - position) corrupt("it ends too early");
    return {reinterpret_cast<const char*>(bytes_.data()) + position, size};
  }

  template <class Number>
  Number number(std::size_t position) const {  // little-endian
    Number value;
    std::memcpy(&value, text(position, sizeof value).data(), sizeof value);
    return value;
  }

  /// Where the end record is: the last place in which one could stand, a comment of up to 64 KiB behind it.
  std::size_t find_end() const {
    if (bytes_.size() < end_size) corrupt("it is too short");
    const std::size_t last = bytes_.size() - end_size;
    const std::size_t first = last > longest_comment ? last - longest_comment : 0;
    for (std::size_t position = last + 1; position-- > first;)
      if (text(position, 4) == end_signature &&
          position + end_size + number<std::uint16_t>(position + 20) == bytes_.size())
        return position;
    corrupt("it has no end record");
  }

  /// The file of the directory's entry at `position`, which moves to the next entry.
  ZipEntry read_entry(std::size_t& position) const {
    if (text(position, 4) != entry_signature) corrupt("its directory is broken");
    const auto flags = number<std::uint16_t>(position + 8), method = number<std::uint16_t>(position + 10);
    const auto checksum = number<std::uint32_t>(position + 16), size = number<std::uint32_t>(position + 20);
    const std::size_t name_size = number<std::uint16_t>(position + 28);
    ZipEntry entry{std::string(text(position + entry_size, name_size)), {}};
    if ((flags & encrypted) != 0 || method != 0 || number<std::uint32_t>(position + 24) != size)
      corrupt("a file in it is compressed or encrypted, which torch.save does not do");
    entry.contents = contents(number<std::uint32_t>(position + 42), entry.name, size);
    const auto* data = reinterpret_cast<const Bytef*>(entry.contents.data());
    if (crc32_z(0, data, entry.contents.size()) != checksum) corrupt("a file in it has the wrong checksum");
    position +=
        entry_size + name_size + number<std::uint16_t>(position + 30) + number<std::uint16_t>(position + 32);
    return entry;
  }

  /// The bytes behind the local header at `position`.
  std::span<const std::byte> contents(std::size_t position, const std::string& name, std::size_t size) const {
    if (text(position, 4) != local_signature) corrupt("a file in it has no header");
    const std::size_t name_size = number<std::uint16_t>(position + 26);
    if (text(position + local_size, name_size) != name) corrupt("a file in it has two names");
    const std::size_t begin = position + local_size + name_size + number<std::uint16_t>(position + 28);
    const std::string_view inside = text(begin, size);
    return bytes_.subspan(begin, inside.size());
  }

  std::span<const std::byte> bytes_;
  const std::string& archive_;
};

}  // namespace

std::vector<ZipEntry> parse_zip(std::span<const std::byte> bytes, const std::string& name) {
  return ZipReader(bytes, name).read();
}

}  // namespace noisegate
