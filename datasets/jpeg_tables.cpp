#include "datasets/jpeg_tables.h"

#include "engine/error.h"

#include <algorithm>
#include <optional>

namespace noisegate {
namespace {

constexpr int start_of_image = 0xd8, end_of_image = 0xd9, huffman_tables = 0xc4;

/// Unlike an escaped 255 and restart markers, which stand among a scan's data.
bool has_length(int marker) {
  return marker != 0 && (marker < 0xd0 || marker > 0xd7);
}

/// Reads a JPEG file as stb_image does: behind the end there are zeros.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  int byte() { return at_ < bytes_.size() ? std::to_integer<int>(bytes_[at_++]) : 0; }
  int word() {
    const int high = byte();
    return high << 8 | byte();
  }
  void skip(int bytes) { at_ += static_cast<std::size_t>(bytes); }

  /// The next marker, wherever it is: a byte behind one or more of 255; nothing where the file ends before.
  std::optional<int> marker() {
    while (at_ < bytes_.size() && byte() != 0xff) {
    }
    int value = 0xff;
    while (at_ < bytes_.size() && value == 0xff) value = byte();
    return at_ < bytes_.size() ? std::optional(value) : std::nullopt;
  }

  /// The tables of a segment: for each a byte that names it, sixteen counts of codes, and the codes' values.
  void require_sound_tables() {
    int left = word() - 2;
    while (left > 0) {
      byte();
      int codes = 0;
      for (int length = 1; length <= 16; ++length) codes += byte();
      if (codes > 256) reject("{} is damaged: a Huffman table has {} codes", name_, codes);
      skip(codes);
      left -= 17 + codes;
    }
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
};

}  // namespace

void require_sound_huffman_tables(std::span<const std::byte> bytes, const std::string& name) {
  Reader reader(bytes, name);
  auto marker = reader.marker();
  if (marker != start_of_image) return;
  while ((marker = reader.marker()) && marker != end_of_image) {
    if (marker == huffman_tables) {
      reader.require_sound_tables();
    } else if (has_length(*marker)) {
      reader.skip(std::max(0, reader.word() - 2));  // pictures and profiles: they may hold any bytes
    }
  }
}

}  // namespace noisegate
