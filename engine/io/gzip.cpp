#include "engine/io/gzip.h"

#include "engine/error.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

namespace noisegate {
namespace {

/// zlib's state, freed with its owner.
class Inflater {
 public:
  Inflater(std::span<const std::byte> bytes, const std::string& name) : name_(name) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (bytes.size() > std::numeric_limits<uInt>::max()) reject("{} is larger than 4 GiB", name_);
    if (inflateInit2(&stream_, gzip_only) != Z_OK) fail("zlib has no memory to unpack {}", name_);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills what it can of `output`; returns how much that is. Less than all of it: this was the end.
  std::size_t unpack(std::span<std::uint8_t> output) {
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<uInt>(output.size());
    while (stream_.avail_out > 0 && !ended_) {
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_BUF_ERROR) reject("{} ends in the middle of its compressed data", name_);
      if (result != Z_OK && result != Z_STREAM_END) {
        reject("{} is no sound gzip file: {}", name_, stream_.msg ? stream_.msg : zError(result));
      }
      ended_ = result == Z_STREAM_END;
    }
    return output.size() - stream_.avail_out;
  }
  bool ended() const { return ended_; }

 private:
  z_stream stream_{};
  const std::string& name_;
  bool ended_ = false;
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::uint8_t> gunzip(std::span<const std::byte> bytes, const std::string& name,
                                 std::size_t most) {
  constexpr std::size_t piece = 1 << 20;
  Inflater inflater(bytes, name);
  std::vector<std::uint8_t> unpacked;
  while (!inflater.ended() && unpacked.size() < most) {
    const std::size_t before = unpacked.size();
    unpacked.resize(before + std::min(piece, most - before));
    unpacked.resize(before + inflater.unpack(std::span(unpacked).subspan(before)));
  }
  return unpacked;
}

}  // namespace noisegate
