#include "datasets/idx.h"

#include "datasets/gzip.h"
#include "engine/error.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

std::size_t header_bytes(int rank) {
  return 4 + 4 * static_cast<std::size_t>(rank);
}

std::vector<std::int64_t> parse_header(std::span<const std::uint8_t> header, const std::string& name,
                                       int rank) {
  constexpr int unsigned_bytes = 8;
  const auto require = [&](std::size_t bytes) {
    if (header.size() < bytes) reject("{} is too short for the header of an idx file", name);
  };
  require(4);
  if (header[0] != 0 || header[1] != 0 || header[2] != unsigned_bytes || header[3] != rank) {
    reject("{} is no idx file of bytes in {} dimension{}: it begins with {:02x}", name, rank,
           rank == 1 ? "" : "s", fmt::join(header.first(4), " "));
  }
  require(header_bytes(rank));
  std::vector<std::int64_t> shape;
  for (int d = 0; d < rank; ++d) {
    const std::uint8_t* b = header.data() + 4 + 4 * d;
    shape.push_back(std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3]);
  }
  return shape;
}

/// How many values the shape has; throws Error where they are more than MNIST could ever hold.
std::size_t value_count(const std::vector<std::int64_t>& shape, const std::string& name) {
  constexpr std::int64_t most = std::int64_t{1} << 32;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && count > most / extent) {
      reject("{} promises {} values, which is more than 4 GiB", name, fmt::join(shape, "x"));
    }
    count *= extent;
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name, int rank) {
  const std::size_t header = header_bytes(rank);
  const bool packed = is_gzip(bytes);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  /// The contents' first bytes; one more than is right shows that there are too many.
  const auto contents = [&](std::size_t most) {
    if (packed) return gunzip(bytes, name, most);
    return std::vector<std::uint8_t>(begin, begin + std::min(most, bytes.size()));
  };

  IdxArray array;
  array.shape = parse_header(contents(header), name, rank);
  const std::size_t values = value_count(array.shape, name);
  array.values = contents(header + values + 1);
  if (array.values.size() != header + values) {
    const bool more = array.values.size() > header + values;
    reject("{} holds {} bytes than the {} values of {} that its header promises", name,
           more ? "more" : "fewer", values, fmt::join(array.shape, "x"));
  }
  array.values.erase(array.values.begin(), array.values.begin() + static_cast<std::ptrdiff_t>(header));
  return array;
}

}  // namespace noisegate
