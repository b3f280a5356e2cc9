#include "datasets/idx.h"

#include "engine/error.h"
#include "engine/io/gzip.h"

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

/// The contents' first bytes.
std::vector<std::uint8_t> contents(std::span<const std::byte> bytes, const std::string& name,
                                   std::size_t most) {
  if (is_gzip(bytes)) return gunzip(bytes, name, most);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {begin, begin + std::min(most, bytes.size())};
}

/// How many values the shape has; throws Error where they are more than sets of this form have.
std::size_t value_count(const std::vector<std::int64_t>& shape, const std::string& name) {
  constexpr std::int64_t most = std::int64_t{1} << 30;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && count > most / extent)
      reject("{} promises {} values, which is more than 1 GiB", name, fmt::join(shape, "x"));
    count *= extent;
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

std::vector<std::int64_t> idx_shape(std::span<const std::byte> bytes, const std::string& name, int rank) {
  std::vector<std::int64_t> shape = parse_header(contents(bytes, name, header_bytes(rank)), name, rank);
  const std::size_t values = value_count(shape, name);
  constexpr std::size_t best_ratio = 1032;  // of what deflate packs and how much that takes
  if (is_gzip(bytes) && values / best_ratio > bytes.size())
    reject("{} holds fewer bytes than the {} values of {} that its header promises", name, values,
           fmt::join(shape, "x"));
  return shape;
}

IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name, int rank) {
  const std::size_t header = header_bytes(rank);
  IdxArray array;
  array.shape = idx_shape(bytes, name, rank);
  const std::size_t values = value_count(array.shape, name);
  array.values = contents(bytes, name, header + values + 1);  // one more shows that there are too many
  if (array.values.size() != header + values) {
    const bool more = array.values.size() > header + values;
    reject("{} holds {} bytes than the {} values of {} that its header promises", name,
           more ? "more" : "fewer", values, fmt::join(array.shape, "x"));
  }
  array.values.erase(array.values.begin(), array.values.begin() + static_cast<std::ptrdiff_t>(header));
  return array;
}

}  // namespace noisegate
